// The chat page. No framework and no build step. Foreign words reach the page by textContent alone.
(() => {
  'use strict';
  const base = document.currentScript.src.replace(/\/app\.js.*$/, '');
  const api = base + '/api/';
  const $ = (id) => document.getElementById(id);
  const MAX = Number(document.body.dataset.max) || 4000;
  const TITLE = document.title;
  const ui = {
    scroll: $('scroll'), list: $('messages'), log: $('log'), box: $('message'), form: $('composer'), status: $('status'),
    banner: $('banner'), typing: $('typing'), typingName: $('typing-name'), jump: $('jump'), older: $('older'),
    left: $('left'), typingSaid: $('typing-said'), face: $('face'), about: $('about'), aboutOpen: $('about-open'),
  };

  // ---- what is kept in this browser: the token, what is typed but not sent, what was said about oneself
  const KEY = 'frontdesk-chat ' + new URL(base).pathname;
  let memory = null; // where storage is forbidden, for as long as the page lives
  const load = () => {
    let kept = memory;
    try { kept = JSON.parse(localStorage.getItem(KEY)) ?? memory; } catch { /* storage is forbidden or damaged */ }
    const { token, outbox, draft, profile } = Object(kept);
    return {
      token: typeof token === 'string' ? token : null,
      outbox: Array.isArray(outbox) ? outbox.filter((o) => typeof o?.id === 'string' && typeof o.text === 'string') : [],
      draft: typeof draft === 'string' ? draft : '',
      profile: Object(profile),
    };
  };
  // What is typed belongs to its tab; a new tab begins with what was typed last.
  const drafted = {
    get: () => { try { return sessionStorage.getItem(KEY); } catch { return null; } },
    set: (text) => {
      try { sessionStorage.setItem(KEY, text); } catch { /* it lives in the page then */ }
      change((k) => { k.draft = text; });
    },
  };
  const change = (f) => {
    const kept = load();
    f(kept);
    memory = kept;
    try { localStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* it lives in memory then */ }
    return kept;
  };
  const uuid = () => crypto.randomUUID?.() ??
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');

  // ---- talking to the server
  class Refused extends Error {
    constructor(status, words, wait) { super(words); this.status = status; this.wait = wait; }
  }
  const call = async (method, path, body, token = load().token) => {
    const headers = {};
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (token) headers.Authorization = 'Bearer ' + token;
    const answer = await fetch(api + path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout?.(20000),
    });
    if (answer.status === 204) return null;
    const json = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(answer.status, json.error || 'error ' + answer.status, Number(answer.headers.get('Retry-After')) || 0);
    return json;
  };
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

  let arriving = null; // one new visitor at a time, however many things need one
  const visitor = () => {
    const { token, profile } = load();
    if (token) return Promise.resolve(token);
    arriving ??= call('POST', 'visitor', profile, null)
      .then(({ token }) => change((k) => { k.token ??= token; }).token)
      .then((token) => { connect(); return token; })
      .finally(() => { arriving = null; });
    return arriving;
  };
  // The server does not know our token (any more): nothing of that visitor can be shown, so begin anew.
  const forget = (token) => {
    if (load().token === token) change((k) => { k.token = null; k.outbox = k.outbox.filter((o) => !o.sent); });
    if (shownFor === token) clear();
  };
  let shownFor = null; // whose messages are on the page
  const clear = () => {
    stream?.abort();
    messages.clear();
    cursor = shownFor = null;
    render();
  };

  // ---- messages
  const messages = new Map(); // id -> message as the API says it
  const TICKS = ['sent', 'delivered', 'read'];
  let cursor = null;
  let unseen = 0;
  const upsert = (m) => {
    const old = messages.get(m.id);
    if (old && TICKS.indexOf(old.state) > TICKS.indexOf(m.state)) m = { ...m, state: old.state };
    messages.set(m.id, m);
    if (m.direction === 'inbound') change((k) => { k.outbox = k.outbox.filter((o) => o.id !== m.id); });
    return !old;
  };
  const ordered = () => [...messages.values()].sort((a, b) => (a.sent_at < b.sent_at ? -1 : a.sent_at > b.sent_at ? 1 : 0));

  // ---- drawing: existing rows are kept and changed in place, so that nothing jumps and nothing is read out twice
  const rows = new Map();
  const element = (tag, cls) => { const e = document.createElement(tag); if (cls) e.className = cls; return e; };
  const dayOf = (iso) => new Date(iso).toDateString();
  const dayName = (iso) => new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' }).format(new Date(iso));
  const clock = (iso) => new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' }).format(new Date(iso));
  const words = (into, text, links) => {
    into.textContent = '';
    let from = 0;
    if (links) {
      for (const found of text.matchAll(/\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/gi)) {
        const a = element('a');
        a.textContent = a.href = found[0];
        a.target = '_blank';
        a.rel = 'noopener noreferrer nofollow';
        into.append(text.slice(from, found.index), a);
        from = found.index + found[0].length;
      }
    }
    into.append(text.slice(from));
  };
  // ---- files of answers: fetched with the token, which no link could carry; pictures are shown, everything else is saved
  const size = (bytes) => bytes < 1000 ? bytes + ' B' : bytes < 1e6 ? Math.round(bytes / 1e3) + ' kB' : (bytes / 1e6).toFixed(1) + ' MB';
  const content = async (f) => {
    const answer = await fetch(api + 'files/' + encodeURIComponent(f.id), {
      headers: { Authorization: 'Bearer ' + load().token }, cache: 'no-store', credentials: 'omit',
    });
    if (!answer.ok) throw new Refused(answer.status, 'error ' + answer.status, 0);
    const bytes = await answer.arrayBuffer();
    // What is no picture must not run as a page of ours, whatever the server calls it.
    return URL.createObjectURL(new Blob([bytes], { type: f.image ? f.mime : 'application/octet-stream' }));
  };
  const save = async (f, said) => {
    try {
      const url = await content(f);
      const a = element('a');
      a.href = url;
      a.download = f.name;
      a.click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
    } catch { said.textContent = 'This file cannot be had at the moment. Please try again.'; }
  };
  const file = (f) => {
    const box = element('div', 'file');
    const said = element('span', 'why');
    const button = element('button');
    button.type = 'button';
    button.textContent = f.name + ' (' + size(f.size) + ')';
    button.onclick = () => { said.textContent = ''; save(f, said); };
    if (f.image) {
      const img = element('img');
      img.alt = f.name;
      content(f).then((url) => {
        img.onload = () => { if (pinned) toEnd(true); };
        img.onerror = () => { img.remove(); URL.revokeObjectURL(url); };
        img.src = url;
        box.prepend(img);
      }, () => { /* the button is there */ });
    }
    box.append(button, said);
    return box;
  };
  const draw = (m) => {
    let row = rows.get(m.id);
    if (!row) {
      row = element('li', 'msg');
      row.append(element('span', 'author'), element('div', 'bubble'), element('div', 'meta'));
      rows.set(m.id, row);
      words(row.children[1], m.text, m.direction === 'outbound');
      row.children[1].append(...(m.files ?? []).map(file));
    }
    const mine = m.direction === 'inbound';
    row.classList.toggle('mine', mine);
    row.classList.toggle('waiting', m.state === 'waiting');
    row.classList.toggle('bad', m.state === 'bad');
    row.dataset.state = m.state;
    const author = mine ? 'You' : m.author?.name || 'Agent';
    if (row.children[0].textContent !== author) row.children[0].textContent = author;
    meta(row.children[2], m, mine);
    return row;
  };
  const meta = (into, m, mine) => {
    const want = m.state + (m.error || '') + m.sent_at;
    if (into.dataset.of === want) return;
    into.dataset.of = want;
    into.textContent = '';
    into.classList.toggle('show', m.state === 'bad');
    if (m.state === 'bad') {
      const why = element('span');
      why.textContent = 'Not sent: ' + m.error;
      const again = element('button'); again.type = 'button'; again.textContent = 'Try again';
      again.onclick = () => { change((k) => k.outbox.forEach((o) => { if (o.id === m.id) delete o.error; })); render(); flush(); };
      const drop = element('button'); drop.type = 'button'; drop.textContent = 'Remove';
      drop.onclick = () => { change((k) => { k.outbox = k.outbox.filter((o) => o.id !== m.id); }); render(); ui.box.focus(); };
      into.append(why, again, drop);
      return;
    }
    const time = element('time');
    time.dateTime = m.sent_at;
    time.textContent = m.state === 'waiting' ? 'Sending…' : clock(m.sent_at);
    into.append(time);
    if (mine && m.state !== 'waiting') {
      const ticks = element('span', 'ticks ' + m.state);
      ticks.setAttribute('aria-hidden', 'true');
      ticks.textContent = m.state === 'sent' ? '✓' : '✓✓';
      const said = element('span', 'said');
      said.textContent = m.state[0].toUpperCase() + m.state.slice(1);
      into.append(ticks, said);
    }
  };
  // The log stays at its end until somebody scrolls up, whatever grows or shrinks around it.
  let pinned = true;
  let top = 0;
  const toEnd = (now) => {
    pinned = true;
    ui.scroll.classList.toggle('now', !!now);
    ui.scroll.scrollTop = ui.scroll.scrollHeight;
    ui.jump.hidden = true;
  };
  ui.scroll.addEventListener('scroll', () => {
    const end = ui.scroll.scrollHeight - ui.scroll.scrollTop - ui.scroll.clientHeight < 80;
    if (end) { if (!pinned) acknowledge(); pinned = true; ui.jump.hidden = true; } else if (ui.scroll.scrollTop < top) pinned = false;
    top = ui.scroll.scrollTop;
  });
  new ResizeObserver(() => { if (pinned) toEnd(true); }).observe(ui.scroll);
  const render = (stick = pinned) => {
    const waiting = load().outbox.filter((o) => !messages.has(o.id))
      .map((o) => ({ id: o.id, direction: 'inbound', text: o.text, sent_at: o.sent || o.at, state: o.error ? 'bad' : o.sent ? 'sent' : 'waiting', error: o.error }));
    const all = [...ordered(), ...waiting];
    const want = [];
    const days = new Set();
    let previous = null;
    all.forEach((m, i) => {
      const day = dayOf(m.sent_at);
      const fresh = !previous || dayOf(previous.sent_at) !== day;
      if (fresh && !days.has(day)) {
        days.add(day);
        const id = 'day ' + day;
        if (!rows.has(id)) { const li = element('li', 'day'); li.textContent = dayName(m.sent_at); rows.set(id, li); }
        want.push(id);
      }
      const next = all[i + 1];
      const row = draw(m);
      row.classList.toggle('first', fresh || previous.direction !== m.direction || previous.author?.name !== m.author?.name);
      row.classList.toggle('last', !next || next.direction !== m.direction || next.state !== m.state || dayOf(next.sent_at) !== day || Date.parse(next.sent_at) - Date.parse(m.sent_at) > 300000);
      want.push(m.id);
      previous = m;
    });
    const keep = new Set(want);
    for (const [id, row] of rows) if (!keep.has(id)) { row.remove(); rows.delete(id); }
    let at = ui.list.firstElementChild;
    for (const id of want) {
      const row = rows.get(id);
      if (row === at) at = at.nextElementSibling;
      else ui.list.insertBefore(row, at);
    }
    if (stick) toEnd();
  };

  // ---- sending: in order, kept until the server has them, tried again with the same id
  let flushing = false;
  let nudge = () => {};
  const pause = (ms) => Promise.race([sleep(ms), new Promise((done) => { nudge = done; })]);
  const flush = async () => {
    if (flushing) { nudge(); return; }
    flushing = true;
    let tries = 0;
    for (;;) {
      const next = load().outbox.find((o) => !o.error && !o.sent);
      if (!next) break;
      let token = null;
      try {
        token = await visitor();
        const sent = await call('POST', 'messages', { id: next.id, text: next.text }, token);
        tries = 0;
        // It stays in the outbox until the server shows it: a reload in between must not hide it.
        change((k) => k.outbox.forEach((o) => { if (o.id === next.id) o.sent = sent.sent_at; }));
        render();
      } catch (e) {
        const status = e instanceof Refused ? e.status : 0;
        if (status === 401) { forget(token); tries += 1; if (tries < 3) continue; }
        if (status >= 400 && status < 500 && ![401, 408, 429].includes(status)) {
          change((k) => k.outbox.forEach((o) => { if (o.id === next.id) o.error = e.message; }));
          render();
          continue;
        }
        tries += 1;
        await pause(Math.max((e.wait || 0) * 1000, backoff(tries)));
      }
    }
    flushing = false;
  };
  const backoff = (tries) => Math.min(30000, 500 * 2 ** Math.min(tries, 6)) * (0.7 + Math.random() * 0.6);
  const send = () => {
    const text = ui.box.value;
    // What is too long stays, and is told: nothing is cut off.
    if (!text.trim() || [...text].length > MAX) return;
    change((k) => { k.outbox.push({ id: uuid(), text, at: new Date().toISOString() }); });
    drafted.set('');
    ui.box.value = '';
    fit();
    typed(false);
    render(true);
    flush();
  };

  // ---- live: one stream, resumed from the last event, with a sign of life every 15 seconds
  let stream = null;
  let live = false;
  let lost = 0;
  let wake = () => {};
  const say = (state) => {
    live = state === 'live';
    const broken = state === 'lost' || (state === 'trying' && lost > 0);
    ui.banner.hidden = !broken;
    const text = navigator.onLine === false ? 'You are offline. Reconnecting…' : 'Reconnecting…';
    if (broken && ui.banner.textContent !== text) ui.banner.textContent = text;
    document.body.dataset.live = live ? 'yes' : 'no';
    status();
  };
  let agent = null;
  const status = () => {
    ui.status.textContent = agent ? (live ? agent + ' is here to help' : agent) : 'We reply as soon as we can';
    ui.face.textContent = [...(agent || TITLE)][0]?.toUpperCase() ?? '';
  };
  let connecting = false;
  const connect = async () => {
    if (connecting) { wake(); return; }
    connecting = true;
    for (;;) {
      const token = load().token;
      if (!token) break;
      say('trying');
      try {
        if (!cursor) await history(token);
        await (bus ? inTurn(token) : listen(token));
      } catch (e) {
        if (e instanceof Refused && e.status === 401) { forget(token); continue; }
        lost += 1;
        say('lost');
        const wait = Math.max((e.wait || 0) * 1000, backoff(lost));
        await Promise.race([sleep(wait), new Promise((done) => { wake = done; })]);
      }
    }
    connecting = false;
    ui.banner.hidden = true;
  };
  const history = async (token) => {
    const page = await call('GET', 'messages?limit=50', undefined, token);
    if (shownFor !== token) messages.clear();
    shownFor = token;
    page.messages.forEach(upsert);
    cursor = page.cursor;
    ui.older.hidden = !page.more;
    noteAgent();
    quietly(() => render(true));
    toEnd(true);
    acknowledge();
  };
  // History is not news: it is not read out.
  let loud = 0;
  const quietly = (draw) => {
    clearTimeout(loud);
    ui.log.setAttribute('aria-live', 'off');
    draw();
    loud = setTimeout(() => ui.log.setAttribute('aria-live', 'polite'), 500);
  };
  // One tab holds the stream and tells the others: a browser opens six connections to a host, however many tabs there are. Where
  // pages cannot speak to each other, each has its own.
  const bus = navigator.locks && window.BroadcastChannel ? new BroadcastChannel(KEY) : null;
  let leading = false;
  const tell = (what) => bus?.postMessage(what);
  // A tab that was put to sleep may hold the stream and say nothing: one that is looked at takes it over then.
  const SILENCE = 25000;
  let signAt = Date.now();
  const inTurn = async (token) => {
    let asleep = false;
    const wait = stream = new AbortController();
    const watch = setInterval(() => {
      if (leading || document.visibilityState !== 'visible' || Date.now() - signAt < SILENCE) return;
      asleep = true;
      wait.abort();
    }, 5000);
    signAt = Date.now();
    tell({ hello: true });
    try {
      await navigator.locks.request(KEY, { signal: wait.signal }, () => listen(token));
    } catch (e) {
      if (!asleep) throw e;
      await navigator.locks.request(KEY, { steal: true }, () => listen(token));
    } finally {
      clearInterval(watch);
      stream?.abort(); // whoever has lost the lock holds no stream
    }
  };
  const begun = () => { lost = 0; say('live'); flush(); acknowledge(); };
  bus?.addEventListener('message', ({ data }) => {
    signAt = Date.now();
    if (leading) { if (data.hello) tell({ live }); return; }
    if (data.live === true && !live && cursor) { begun(); catchUp(); }
    else if (data.live === false && live) say('trying');
    else if (data.name && data.token === shownFor) heard(data.name, data.data);
  });
  // A tab that slept may have missed what it was told.
  let catching = false;
  const catchUp = async () => {
    if (catching || leading || !cursor) return;
    catching = true;
    try {
      for (let more = true; more;) {
        const token = shownFor;
        const page = await call('GET', 'messages?limit=50&after=' + encodeURIComponent(cursor), undefined, token);
        if (token !== shownFor) break;
        page.messages.forEach((m) => heard('message', m));
        cursor = page.cursor;
        more = page.more;
      }
    } catch { /* the stream tells it, in its turn */ }
    catching = false;
  };
  const listen = async (token) => {
    const abort = stream = new AbortController();
    leading = true;
    let alarm = 0;
    const alive = () => { clearTimeout(alarm); alarm = setTimeout(() => abort.abort(), 40000); };
    alive();
    try {
      const headers = { Authorization: 'Bearer ' + token, Accept: 'text/event-stream' };
      if (cursor) headers['Last-Event-ID'] = cursor;
      const answer = await fetch(api + 'events', { headers, cache: 'no-store', credentials: 'omit', signal: abort.signal });
      if (!answer.ok || !answer.body) throw new Refused(answer.status, 'no stream', Number(answer.headers.get('Retry-After')) || 0);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      let event = { name: 'message', id: null, data: [] };
      for (;;) {
        const { done, value } = await reader.read();
        if (done) throw new Error('the stream has ended');
        alive();
        if (!live) begun();
        tell({ live });
        const lines = (rest + value).split('\n');
        rest = lines.pop();
        for (const line of lines) {
          if (line === '') {
            if (event.data.length) {
              const data = JSON.parse(event.data.join('\n'));
              heard(event.name, data);
              tell({ token, name: event.name, data });
            }
            if (event.id !== null) cursor = event.id;
            event = { name: 'message', id: null, data: [] };
          } else {
            const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
            if (field === 'event') event.name = value;
            else if (field === 'id') event.id = value;
            else if (field === 'data') event.data.push(value);
          }
        }
      }
    } finally {
      clearTimeout(alarm);
      abort.abort();
      leading = false;
      tell({ live: false });
    }
  };
  const heard = (name, data) => {
    if (name === 'typing') { agentTyping(data); return; }
    if (name !== 'message') return;
    const fresh = upsert(data);
    if (data.direction === 'outbound' && fresh) {
      agentTyping({ on: false });
      noteAgent();
      if (!watching()) unseen += 1;
      badge();
      if (!pinned) ui.jump.hidden = false;
    }
    render();
    acknowledge();
  };
  const noteAgent = () => {
    agent = ordered().filter((m) => m.direction === 'outbound').at(-1)?.author?.name ?? agent;
    status();
  };

  // ---- receipts: delivered when we have it, read when somebody looks
  const watching = () => document.visibilityState === 'visible' && document.hasFocus();
  let acked = { delivered: null, read: null };
  let acking = 0;
  const acknowledge = () => { clearTimeout(acking); acking = setTimeout(acknowledgeNow, 150); };
  const acknowledgeNow = async () => {
    const { token } = load();
    const newest = ordered().filter((m) => m.direction === 'outbound').at(-1);
    if (!token || !newest) return;
    // What stands below the part that is looked at has not been seen.
    const what = watching() && pinned ? 'read' : 'delivered';
    if (what === 'read') { unseen = 0; badge(); }
    if (newest.state === 'read' || newest.state === what || acked[what] === newest.id || acked.read === newest.id) return;
    try {
      await call('POST', 'receipt', { [what]: newest.id }, token);
      acked[what] = newest.id;
    } catch { /* asked again with the next event or connection */ }
  };
  const badge = () => { document.title = (unseen ? '(' + unseen + ') ' : '') + TITLE; };

  // ---- typing
  let agentTimer = 0;
  const agentTyping = ({ on, name }) => {
    clearTimeout(agentTimer);
    ui.typing.hidden = !on;
    const text = on ? (name || agent || 'Agent') + ' is typing…' : '';
    if (ui.typingSaid.textContent !== text) ui.typingSaid.textContent = text;
    if (!on) return;
    ui.typingName.textContent = text;
    agentTimer = setTimeout(() => agentTyping({ on: false }), 7000);
    if (pinned) toEnd();
  };
  let told = 0;
  let idle = 0;
  const typed = (on) => {
    clearTimeout(idle);
    const { token } = load();
    if (!token) return;
    const now = Date.now();
    if (on) {
      idle = setTimeout(() => typed(false), 5000);
      if (now - told < 3000) return;
      told = now;
    } else if (!told) return;
    else told = 0;
    call('POST', 'typing', { on }, token).catch(() => {});
  };

  // ---- the composer
  const fit = () => {
    ui.box.style.height = 'auto';
    ui.box.style.height = Math.min(ui.box.scrollHeight + 2, 144) + 'px';
    const left = MAX - [...ui.box.value].length;
    ui.left.textContent = left < 0 ? 'Too long: ' + -left + (left === -1 ? ' character' : ' characters') + ' more than fit into one message'
      : left <= 200 ? left + ' characters left' : '';
    ui.left.classList.toggle('over', left < 0);
    ui.box.setAttribute('aria-invalid', String(left < 0));
    $('send').disabled = left < 0;
  };
  ui.box.addEventListener('input', () => {
    fit();
    drafted.set(ui.box.value);
    typed(ui.box.value.trim() !== '');
  });
  ui.box.addEventListener('keydown', (e) => {
    if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); send(); }
  });
  ui.form.addEventListener('submit', (e) => { e.preventDefault(); send(); ui.box.focus(); });
  ui.jump.addEventListener('click', () => toEnd());
  ui.older.addEventListener('click', async () => {
    const first = ordered()[0];
    if (!first) return;
    ui.older.disabled = true;
    try {
      const page = await call('GET', 'messages?limit=50&before=' + encodeURIComponent(first.id));
      page.messages.forEach(upsert);
      ui.older.hidden = !page.more;
      const height = ui.scroll.scrollHeight;
      ui.scroll.classList.add('now');
      quietly(() => render(false));
      ui.scroll.scrollTop += ui.scroll.scrollHeight - height;
      if (ui.older.hidden) ui.log.focus({ preventScroll: true });
    } catch { /* the button stays */ }
    ui.older.disabled = false;
  });

  // ---- about you
  const about = (open) => {
    ui.about.hidden = !open;
    ui.aboutOpen.setAttribute('aria-expanded', String(open));
    (open ? $('name') : ui.box).focus();
  };
  ui.aboutOpen.addEventListener('click', () => about(ui.about.hidden));
  $('about-close').addEventListener('click', () => about(false));
  ui.about.addEventListener('keydown', (e) => { if (e.key === 'Escape') about(false); });
  ui.about.addEventListener('submit', async (e) => {
    e.preventDefault();
    const profile = { name: $('name').value.trim(), email: $('email').value.trim() };
    $('about-error').textContent = '';
    $('email').setAttribute('aria-invalid', 'false');
    try {
      const { token } = load();
      if (token) await call('POST', 'profile', profile, token);
      change((k) => { k.profile = profile; });
      if (!token) await visitor();
      about(false);
    } catch (error) {
      if (!load().token) change((k) => { k.profile = {}; });
      $('email').setAttribute('aria-invalid', String(error instanceof Refused && /e-mail/.test(error.message)));
      $('about-error').textContent = error instanceof Refused ? 'Not saved: ' + error.message : 'Not saved: no connection.';
    }
  });

  // ---- the world around
  for (const name of ['visibilitychange', 'focus', 'pageshow']) {
    (name === 'visibilitychange' ? document : window).addEventListener(name, () => {
      if (!watching()) return;
      catchUp();
      acknowledge();
    });
  }
  window.addEventListener('online', () => { nudge(); wake(); });
  window.addEventListener('offline', () => stream?.abort());
  window.addEventListener('storage', (e) => { // another tab has got a token, or sent something
    if (e.key !== KEY) return;
    if (shownFor && load().token !== shownFor) clear();
    if (load().token) connect();
    render();
  });

  const kept = load();
  ui.box.value = drafted.get() ?? kept.draft;
  $('name').value = kept.profile.name ?? '';
  $('email').value = kept.profile.email ?? '';
  fit();
  status();
  say(kept.token ? 'trying' : 'idle');
  render(true);
  connect();
  flush();
  if (matchMedia('(pointer: fine)').matches) ui.box.focus();
})();
