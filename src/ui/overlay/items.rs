//! What pickers offer: made anew out of what is known.

use crate::domain::attachment::{self, Enclosure};
use crate::domain::availability::{SendContext, may_send};
use crate::domain::clock::Ms;
use crate::domain::conversation::{Priority, QualificationState, Status};
use crate::domain::facet::Owner;
use crate::domain::ids::ConversationId;
use crate::domain::order::{self, Order, To};
use crate::domain::quick_reply::{self, QuickReplyRow};
use crate::domain::reach::{Recipient, Way};
use crate::domain::row::ConversationRow;
use crate::text::{format, sanitize, when};
use crate::ui::command;
use crate::ui::command::sheet::is_slot;
use crate::ui::composer::Beginning;
use crate::ui::guide;
use crate::ui::keymap;
use crate::ui::model::{Focus, Model};
use crate::ui::overlay::picker::{Choice, Item};
use crate::ui::startup::Macro;
use crate::ui::theme::Role;
use crate::ui::thread::words;

pub(super) fn commands(model: &Model, focus: Focus) -> Vec<Item> {
    // The nine slots have their digits; in a list of names they would only be in the way.
    let mut items: Vec<Item> = command::all()
        .filter(|command| !is_slot(command))
        .map(|command| {
            let keys =
                model.keymap.chords(command.id, focus).first().map(|c| keymap::label(c)).unwrap_or_default();
            let mut item = Item::new(Choice::Command(command), command.title, keys);
            item.why = (command.available)(model).err();
            item.also = format!("{} {}", command.id, command.help);
            item.used = model.uses.get(command.id).copied().unwrap_or_default();
            item
        })
        .collect();
    items.extend(macros(model, focus));
    // Who opens the palette looks for what has no key at hand: what only moves about comes last.
    let moves = |item: &Item| match &item.choice {
        Choice::Command(command) => command.id.starts_with("move.") || command.id.starts_with("focus."),
        _ => false,
    };
    items.sort_by_key(|item| (item.why.is_some(), moves(item)));
    items.extend(pages("help "));
    items
}

pub(super) fn macros(model: &Model, focus: Focus) -> Vec<Item> {
    let item = |found: &Macro| {
        let line = format!("macro {}", found.name);
        let keys = model.keymap.line_label(&line, focus);
        let detail = keys.unwrap_or_else(|| sanitize::line(&found.lines.join(" · ")).into_owned());
        let mut item = Item::new(Choice::Line(line.clone()), line, detail);
        item.also = found.lines.join(" ");
        item
    };
    model.macros.iter().map(item).collect()
}

pub(super) fn agents(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let owner = row.and_then(|row| model.owner_of(row));
    let item = |to: To, of: Option<Owner>, label: &str, detail: &str| {
        Item::new(Choice::Order(Order::Assign(to)), label, detail).current(of == owner)
    };
    let mine = Owner::Agent(model.me.email.clone());
    let mut items = vec![item(To::Me, Some(mine), "me", &model.me.name)];
    let others = model.agents.iter().filter(|a| a.active && a.id != model.me.id);
    items.extend(
        others.map(|a| item(To::Named(a.email.clone()), Some(Owner::Agent(a.email.clone())), &a.name, "")),
    );
    items.extend(model.teams.iter().map(|t| {
        item(To::Named(format!("team:{}", t.name)), Some(Owner::Team(t.name.clone())), &t.name, "team")
    }));
    items.push(item(To::Nobody, None, "none", "nobody's"));
    items
}

pub(super) fn priorities(row: Option<&ConversationRow>) -> Vec<Item> {
    Priority::ALL
        .iter()
        .rev()
        .map(|p| {
            let mut item = Item::new(Choice::Order(Order::Priority(*p)), p.word(), "")
                .current(row.is_some_and(|r| r.priority == *p));
            item.role = crate::ui::list::view::priority(*p).map_or(Role::Dim, |(_, role)| role);
            item
        })
        .collect()
}

pub(super) fn labels(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let on = row.map(|r| r.labels.as_slice()).unwrap_or_default();
    let mut names: Vec<&String> = model.labels.iter().chain(on).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let is_on = on.contains(name);
            let choice = Choice::Order(Order::Label(vec![(name.clone(), !is_on)]));
            Item::new(choice, name.clone(), if is_on { "Enter takes it off" } else { "" }).current(is_on)
        })
        .collect()
}

pub(super) fn qualifications(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let now = row.and_then(|r| r.qualification.as_ref()).map(|q| q.state);
    let detail = |state| match state {
        QualificationState::Lead => "somebody who may buy",
        QualificationState::Qualified => "worth the effort",
        QualificationState::Disqualified => "not worth it; asks for the reason",
    };
    let mut items: Vec<Item> = QualificationState::ALL
        .iter()
        .map(|s| {
            let choice = match s {
                QualificationState::Disqualified => Choice::Disqualify,
                state => Choice::Order(order::qualification(*state, None)),
            };
            Item::new(choice, s.word(), detail(*s)).current(now == Some(*s))
        })
        .collect();
    items.push(Item::new(Choice::Order(Order::Qualify(None)), "none", "not judged").current(now.is_none()));
    let score = row.and_then(|r| r.score).map_or("0 to 100".to_owned(), |score| format!("now {score}"));
    items.push(Item::new(Choice::Score, "score\u{2026}", score));
    // What the configuration knows, and what is filled although it does not.
    let filled = row.map(|r| r.fields.as_slice()).unwrap_or_default();
    let known = model.fields.iter().map(|(name, _)| name);
    let others = filled.iter().map(|(name, _)| name).filter(|n| !model.fields.iter().any(|(k, _)| k == *n));
    items.extend(known.chain(others).map(|name| {
        let value = filled.iter().find(|(key, _)| key == name).map(|(_, value)| format!("now {value}"));
        let help = model.fields.iter().find(|(key, _)| key == name).map(|(_, help)| help.clone());
        let detail = value.or(help).unwrap_or_default();
        Item::new(Choice::Field(name.clone()), format!("{name}\u{2026}"), detail)
    }));
    items
}

pub(super) fn snoozes(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let now = row.filter(|r| r.status == Status::Snoozed).map(|r| r.snoozed_until);
    let choice = |until: Option<String>| Choice::Order(Order::Snooze(until));
    let mut items = vec![Item::new(choice(None), "they reply", "no earlier").current(now == Some(None))];
    items.extend(times(model).map(|(text, label, until)| {
        Item::new(choice(Some(text.into())), label, format::moment(until, model.now, &model.tz))
    }));
    if let Some(Some(until)) = now {
        let until_when = format::moment(until, model.now, &model.tz);
        items.insert(0, Item::new(choice(Some(format::stamp(until))), until_when, "as it is").current(true));
    }
    items
}

/// Times that are often meant: as they are typed, as they are called, and when that is.
fn times(model: &Model) -> impl Iterator<Item = (&'static str, &'static str, Ms)> {
    ["1h", "3h", "tonight", "tomorrow", "next week", "4w"].into_iter().filter_map(|text| {
        let label = match text {
            "1h" => "in an hour",
            "3h" => "in three hours",
            "4w" => "in four weeks",
            day => day,
        };
        Some((text, label, when::ahead(text, model.now, &model.tz)?))
    })
}

pub(super) fn later(model: &Model) -> Vec<Item> {
    let item =
        |(_, label, at)| Item::new(Choice::SendAt(at), label, format::moment(at, model.now, &model.tz));
    times(model).map(item).collect()
}

pub(super) fn quick_replies(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let Some(row) = row else {
        return Vec::new();
    };
    let slots = quick_reply::slots(&model.quick_replies);
    let mut items = Vec::new();
    for shortcut in quick_reply::ranked(&model.quick_replies) {
        let variants = || model.quick_replies.iter().filter(|q| q.reply.shortcut == shortcut);
        let fitting = quick_reply::fitting(variants(), row);
        let slot = slots.iter().position(|slot| *slot == Some(shortcut)).map(|at| format!("Alt-{}", at + 1));
        for (at, one) in fitting.iter().enumerate() {
            items.push(canned(model, row, one, slot.clone().filter(|_| at == 0)));
        }
        for other in variants().filter(|q| !fitting.iter().any(|f| f.id == q.id)) {
            let mut item = canned(model, row, other, None);
            item.why = Some(format!("for {} only", other.reply.variant()));
            items.push(item);
        }
    }
    items
}

/// A quick reply as it would read here.
fn canned(model: &Model, row: &ConversationRow, one: &QuickReplyRow, slot: Option<String>) -> Item {
    let reply = &one.reply;
    let text = model.filled_in(reply, row.id, &[]).text;
    let variant = Some(reply.variant()).filter(|variant| !variant.is_empty());
    let said = [Some(reply.title.clone()), variant, slot].into_iter().flatten().collect::<Vec<_>>();
    let choice = Choice::QuickReply { row: Box::new(one.clone()), text };
    let mut item = Item::new(choice, reply.shortcut.clone(), said.join(" · "));
    item.also = format!("{} {}", reply.title, sanitize::line(&reply.body));
    item
}

pub(super) fn emojis() -> Vec<Item> {
    emojis::iter()
        .filter_map(|emoji| {
            let mut item = Item::new(Choice::Emoji(emoji.as_str()), emoji.shortcode()?, emoji.as_str());
            item.also = format!("{} {}", emoji.name(), emoji.shortcodes().collect::<Vec<_>>().join(" "));
            Some(item)
        })
        .collect()
}

/// Accounts and their media; where no conversation can be begun, why.
pub(super) fn accounts(model: &Model) -> Vec<Item> {
    let mut items = Vec::new();
    for account in &model.sidebar.accounts {
        for channel in account.channels.iter().copied() {
            let caps = account.capabilities.as_ref().and_then(|c| c.on(channel));
            let ctx = SendContext {
                account,
                conversation: None,
                channel: caps,
                consent: None,
                to: "",
                now: model.now,
            };
            let at = Beginning { account: account.id, account_name: account.name.clone(), channel };
            let mut item = Item::new(Choice::Account(at), channel.title(), account.name.clone());
            item.also.clone_from(&account.name);
            item.why = may_send(&ctx).err();
            items.push(item);
        }
    }
    items.sort_by_key(|item| item.why.is_some());
    items
}

/// People who fit what is typed.
pub(super) fn recipients(model: &Model) -> Vec<Item> {
    let item = |one: &Recipient| {
        let address = &one.identity.value;
        let name = format::person(&one.name, address);
        let choice = Choice::Recipient(address.clone());
        // With the address as people type it, in any grouping.
        let mut item = Item::new(choice, name.clone(), format::person("", address));
        item.also = format!("{name} {address} {}", item.detail);
        item
    };
    model.recipients.iter().map(item).collect()
}

/// The other ways of a customer, each with what speaks for it.
pub(super) fn ways(model: &Model) -> Vec<Item> {
    let item = |way: &Way| {
        let mut said = Vec::new();
        if let Some(at) = way.last_inbound_at {
            let ago = words::span(model.now.saturating_sub(at));
            said.push(match way.preferred {
                true => format!("preferred: wrote {ago} ago"),
                false => format!("wrote {ago} ago"),
            });
        } else if let Some(at) = way.last_message_at {
            said.push(format!("last used {} ago", words::span(model.now.saturating_sub(at))));
        }
        said.extend(way.window_left.map(|left| format!("window {}", words::span(left))));
        if way.conversation.is_none() {
            said.push("begins a conversation".into());
        }
        let label = format!(
            "{} \u{b7} {} \u{b7} {}",
            way.channel.title(),
            way.account_name,
            format::person("", &way.to)
        );
        let mut item = Item::new(Choice::Way(Box::new(way.clone())), label, said.join(" \u{b7} "));
        item.why.clone_from(&way.why_not);
        item
    };
    model.ways.iter().map(item).collect()
}

/// The help pages.
pub(super) fn pages(before: &str) -> Vec<Item> {
    let pages = guide::PAGES.iter();
    pages.map(|page| Item::new(Choice::Page(page), format!("{before}{}", page.name), page.title())).collect()
}

/// Other conversations of the customer.
pub(super) fn others(model: &Model, target: Option<ConversationId>) -> Vec<Item> {
    let others = target.and_then(|id| model.context(id)).map(|c| c.others.as_slice()).unwrap_or_default();
    let item = |row: &ConversationRow| {
        let words =
            format!("{} {}: {}", row.channel.title(), row.status.word(), sanitize::line(&row.preview));
        let age = row.last_message_at.map_or_else(String::new, |at| format::age(at, model.now));
        Item::new(Choice::Conversation(row.id), words, age)
    };
    others.iter().map(item).collect()
}

pub(super) fn themes(model: &Model) -> Vec<Item> {
    let all = model.themes.all().iter().enumerate();
    all.map(|(at, palette)| {
        Item::new(Choice::Theme(at), palette.name.clone(), palette.about.clone())
            .current(at == model.themes.chosen())
    })
    .collect()
}

/// The files of the draft, the last one first.
pub(super) fn enclosed(model: &Model) -> Vec<Item> {
    let files = model.composer.as_ref().map_or(&[][..], |c| c.files.as_slice());
    let item = |(at, file): (usize, &Enclosure)| {
        let about = format!("{} · {}", attachment::kind(&file.mime), attachment::bytes(file.size));
        Item::new(Choice::Enclosed(at), file.name.clone(), about)
    };
    let awaited = model.composer.as_ref().map(|c| model.awaited(c.conversation)).unwrap_or_default();
    let awaited = awaited.into_iter().enumerate().map(|(at, wanted)| {
        Item::new(Choice::Enclosed(files.len() + at), wanted.name.clone(), "being fetched")
    });
    files.iter().enumerate().rev().map(item).chain(awaited).collect()
}
