// The visitor's journey in a real browser, on a running chat page.
//
//   node webchat.mjs URL [--answered] [--shots DIR]
//
// --answered: an agent (a program of the test) answers each message with "echo: " and its words, and reads it.
// Needs `npm ci` here and a Chromium (CHROMIUM=/path, else the usual places).
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const require = createRequire(process.env.BROWSER_MODULES ? process.env.BROWSER_MODULES + '/x.js' : import.meta.url);
const { chromium } = require('playwright-core');
const { values: flags, positionals: [url] } = parseArgs({
  allowPositionals: true, options: { answered: { type: 'boolean' }, shots: { type: 'string' } },
});
assert(url, 'say the URL of a chat page');
const executablePath = process.env.CHROMIUM ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find(existsSync);
assert(executablePath, 'no Chromium found: set CHROMIUM');

// In a container there is no user namespace for the sandbox, and root cannot use it at all.
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
const complaints = [];
const open = async (options = {}) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 780 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.on('pageerror', (e) => complaints.push(String(e)));
  page.on('dialog', (d) => { complaints.push('dialog: ' + d.message()); d.dismiss(); });
  page.on('console', (m) => { if (/content security policy|refused to/i.test(m.text())) complaints.push(m.text()); });
  const box = page.getByRole('textbox', { name: 'Message', exact: true });
  const log = page.getByRole('log');
  const say = async (text) => { await box.fill(text); await box.press('Enter'); };
  const line = (text) => log.getByRole('listitem').filter({ hasText: text });
  return { context, page, box, log, say, line };
};
const live = (page) => page.waitForSelector('body[data-live=yes]');
const shot = async (page, name) => { if (flags.shots) await page.screenshot({ path: `${flags.shots}/${name}.png` }); };
const step = (words) => process.stdout.write('ok - ' + words + '\n');
const unique = (words) => words + ' ' + Math.random().toString(36).slice(2, 8);

try {
  const ana = await open();
  await ana.page.goto(url);
  await ana.log.waitFor({ state: 'attached' });
  await ana.page.getByRole('button', { name: 'Send' }).waitFor();
  assert.equal(await ana.log.getByRole('listitem').count(), 0);
  await shot(ana.page, 'phone-empty');
  step('the page has a log, a textbox "Message" and a button "Send"');

  const first = unique('Where is my order?');
  await ana.say(first);
  await ana.line(first).locator('[data-state], .ticks').first().waitFor({ state: 'attached' });
  await ana.page.waitForFunction((t) => [...document.querySelectorAll('.msg')].some((m) => m.textContent.includes(t) && ['delivered', 'read'].includes(m.dataset.state)), first);
  assert.equal(await ana.box.inputValue(), '');
  await live(ana.page);
  step('a message is sent by Enter and gets its ticks');

  if (flags.answered) {
    await ana.line('echo: ' + first).waitFor();
    await ana.page.waitForFunction((t) => [...document.querySelectorAll('.msg.mine')].some((m) => m.textContent.includes(t) && m.dataset.state === 'read'), first);
    const author = await ana.line('echo: ' + first).locator('.author').textContent();
    assert(author && author !== 'You', 'the agent has a name');
    step('the answer arrives live, with the agent\'s name, and the message is read');

    const wish = unique('Send me files');
    await ana.say(wish);
    const got = ana.line('echo: ' + wish);
    await got.waitFor();
    await got.locator('img[alt="pixel.png"]').waitFor();
    await ana.page.waitForFunction(() => [...document.querySelectorAll('.file img')].some((i) => i.complete && i.naturalWidth === 1));
    assert.equal(await got.locator('img').count(), 1, 'what is no picture is not shown as one');
    const saving = ana.page.waitForEvent('download');
    await got.getByRole('button', { name: 'page.html' }).click();
    assert.equal((await saving).suggestedFilename(), 'page.html');
    step('a picture is shown, another file is saved');
  }

  const hostile = unique('<img src=x onerror="alert(1)"><script>alert(2)</script> \u202e\u0007');
  await ana.say(hostile);
  await ana.line('onerror="alert(1)"').first().waitFor();
  assert.equal(await ana.log.locator('img:not([alt="pixel.png"]), script').count(), 0);
  step('markup stays text');

  const above = unique('above');
  await ana.box.fill(above);
  await ana.box.press('Shift+Enter');
  await ana.box.pressSequentially('below');
  assert.equal(await ana.box.inputValue(), above + '\nbelow');
  await ana.page.getByRole('button', { name: 'Send' }).click();
  await ana.line(above).first().waitFor();
  step('Shift+Enter makes a line, the button sends');

  await ana.box.fill('a draft');
  await ana.page.reload();
  await ana.line(first).first().waitFor();
  await ana.line(above).first().waitFor();
  assert.equal(await ana.box.inputValue(), 'a draft');
  await ana.box.fill('');
  await live(ana.page);
  step('history and draft survive a reload');

  // A browser opens six connections to a host: one tab holds the stream for all of them.
  const tabs = [];
  for (let n = 0; n < 7; n++) {
    const tab = await ana.context.newPage();
    tab.on('pageerror', (e) => complaints.push(String(e)));
    await tab.goto(url);
    await live(tab);
    tabs.push(tab);
  }
  const shared = unique('seen by all of them');
  await ana.say(shared);
  for (const tab of tabs) await tab.getByRole('log').getByRole('listitem').filter({ hasText: shared }).first().waitFor();
  await tabs[0].close();
  await live(tabs[1]);
  // The one that held the stream goes: another takes its place.
  await ana.page.reload();
  await live(ana.page);
  const after = unique('after the reload');
  await tabs[3].getByRole('textbox', { name: 'Message', exact: true }).fill(after);
  await tabs[3].getByRole('textbox', { name: 'Message', exact: true }).press('Enter');
  for (const tab of [ana.page, ...tabs.slice(1)]) await tab.getByRole('log').getByRole('listitem').filter({ hasText: after }).first().waitFor();
  for (const tab of tabs.slice(1)) await tab.close();
  await live(ana.page);
  // One that holds the stream and was put to sleep is not waited for.
  const sleeper = await ana.context.newPage();
  await sleeper.goto(url.replace(/\/[^/]*$/, '/nothing-here'));
  const key = 'frontdesk-chat ' + new URL(url).pathname;
  await sleeper.evaluate((name) => new Promise((held) => navigator.locks.request(name, { steal: true }, () => { held(); return new Promise(() => {}); })), key);
  await ana.page.bringToFront();
  await ana.page.waitForSelector('body[data-live=no]');
  await ana.page.waitForSelector('body[data-live=yes]', { timeout: 60000 });
  await sleeper.close();
  step('many tabs share one stream, and outlive the one that holds it');

  const long = '😀'.repeat(4001);
  await ana.box.fill(long);
  assert.equal(await ana.box.inputValue(), long, 'nothing is cut off');
  await ana.page.getByText('Too long: 1 character more').waitFor();
  assert(await ana.page.getByRole('button', { name: 'Send' }).isDisabled());
  await ana.box.press('Enter');
  assert.equal(await ana.box.inputValue(), long, 'nor is it sent in part');
  await ana.box.fill('');
  assert(await ana.page.getByRole('button', { name: 'Send' }).isEnabled());
  step('what is too long stays, and is told');

  await ana.context.setOffline(true);
  const kept = unique('written without a network');
  await ana.say(kept);
  await ana.page.getByText('Reconnecting…').waitFor();
  assert.equal(await ana.line(kept).first().getAttribute('data-state'), 'waiting');
  await shot(ana.page, 'phone-offline');
  await ana.page.reload().catch(() => {}); // the browser shows its own page: the outbox is on the disk
  await ana.context.setOffline(false);
  await ana.page.goto(url);
  await ana.page.waitForFunction((t) => [...document.querySelectorAll('.msg.mine')].some((m) => m.textContent.includes(t) && ['delivered', 'read'].includes(m.dataset.state)), kept);
  await ana.page.reload();
  await ana.line(kept).first().waitFor();
  assert.equal(await ana.page.locator('.msg.mine').filter({ hasText: kept }).count(), 1);
  step('what is written offline is sent once, later, even after a reload');

  await live(ana.page);
  await ana.context.setOffline(true);
  await ana.page.getByText('Reconnecting…').waitFor();
  await ana.context.setOffline(false);
  await live(ana.page);
  assert.equal(await ana.page.getByText('Reconnecting…').isVisible(), false);
  step('a cut is shown, and the page comes back by itself');

  await ana.page.getByRole('button', { name: 'About you' }).click();
  await ana.page.getByLabel('Name').fill('Ana <i>');
  await ana.page.getByLabel('E-mail').fill('nonsense');
  await ana.page.getByRole('button', { name: 'Save' }).click();
  await ana.page.getByText('Not saved').waitFor();
  await ana.page.getByLabel('E-mail').fill('ana@example.com');
  await ana.page.getByRole('button', { name: 'Save' }).click();
  await ana.page.getByLabel('E-mail').waitFor({ state: 'hidden' });
  assert.equal(await ana.page.getByRole('button', { name: 'New messages' }).isVisible(), false, 'nobody has scrolled up');
  step('name and e-mail can be told, and a wrong one is explained');

  const bob = await open({ viewport: { width: 1200, height: 800 }, colorScheme: 'dark', reducedMotion: 'reduce' });
  await bob.page.goto(url);
  await bob.page.getByRole('button', { name: 'About you' }).click();
  await bob.page.getByLabel('Name').fill('Ana');
  await bob.page.getByLabel('E-mail').fill('ana@example.com');
  await bob.page.getByRole('button', { name: 'Save' }).click();
  await bob.page.getByLabel('E-mail').waitFor({ state: 'hidden' });
  const other = unique('Hello from Bob');
  await bob.say(other);
  await bob.line(other).first().waitFor();
  await live(bob.page);
  assert.equal(await bob.line(first).count(), 0, 'a claim shows nobody else\'s history');
  assert.equal(await ana.line(other).count(), 0);
  await shot(bob.page, 'desktop-dark');
  step('another visitor who claims the same address sees nothing of it');

  await shot(ana.page, 'phone');
  assert.deepEqual(complaints, []);
  step('the browser had nothing to complain about');
} finally {
  await browser.close();
}
