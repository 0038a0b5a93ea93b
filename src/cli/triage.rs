//! `assign`, `qualify`, `status`, `priority`, `label`, `read`, `unread`, `consent`: what happens to a conversation.

use crate::app::workspace::Workspace;
use crate::cli::args::{
    AssignArgs, ConsentArgs, ConsentWord, LabelArgs, OneConversation, PriorityArgs, QualifyArgs, StatusArgs,
};
use crate::cli::context::{self, Context};
use crate::cli::error::CliError;
use crate::cli::shape::People;
use crate::domain::command::{Action, Performed, set};
use crate::domain::contact::ConsentState;
use crate::domain::conversation::{Qualification, QualificationState, Status};
use crate::domain::facet::{self, Facet, Owner};
use crate::domain::ids::ConversationId;
use crate::domain::order::{self, OrderError, Setting};
use crate::text::{format, when};
use jiff::tz::TimeZone;

/// `assign C me|none|AGENT`
///
/// # Errors
/// No such conversation or agent.
pub fn assign(ctx: &mut Context, args: &AssignArgs) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    let owner = owner(&args.to, &workspace.me.email, &context::people(&workspace)?)?;
    let said = match &owner {
        None => "given to nobody".to_owned(),
        Some(Owner::Agent(email)) => format!("given to {email}"),
        Some(Owner::Team(team)) => format!("given to the team {team}"),
    };
    facet(ctx, &workspace, conversation, set::owner(owner), &said)
}

/// Who is meant by `me`, `none`, an e-mail, a name, or `team:NAME`.
fn owner(typed: &str, me: &str, people: &People) -> Result<Option<Owner>, CliError> {
    let setting = Setting { me, agents: &people.agents, teams: &people.teams, now: 0, when: &|_| None };
    let to = order::to(typed.trim());
    order::owner(&to, &setting).map_err(|e| match e {
        OrderError::Nobody { why } => CliError::not_found(why),
        other => CliError::usage(other.to_string()),
    })
}

/// `qualify C STATE [--reason R]`
///
/// # Errors
/// No such conversation.
pub fn qualify(ctx: &mut Context, args: &QualifyArgs) -> Result<(), CliError> {
    let reason = args.reason.as_ref().map(|r| r.trim().to_owned()).filter(|r| !r.is_empty());
    let qualification = match args.state.as_str() {
        "none" => None,
        state => {
            let state: QualificationState = state
                .parse()
                .map_err(|e: crate::domain::account::UnknownWord| CliError::usage(e.to_string()))?;
            if state == QualificationState::Disqualified && reason.is_none() {
                return Err(CliError::usage("say why with --reason"));
            }
            Some(Qualification { state, reason })
        }
    };
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    let said = format!("qualification: {}", args.state);
    facet(ctx, &workspace, conversation, set::qualification(qualification), &said)
}

/// `status C STATUS [--until WHEN]`
///
/// # Errors
/// No such conversation, or a time that is none.
pub fn status(ctx: &mut Context, args: &StatusArgs) -> Result<(), CliError> {
    let status: Status = args
        .status
        .parse()
        .map_err(|e: crate::domain::account::UnknownWord| CliError::usage(e.to_string()))?;
    let workspace = ctx.open()?;
    let until =
        match &args.until {
            None => None,
            Some(_) if status != Status::Snoozed => return Err(CliError::usage("--until goes with snoozed")),
            Some(text) => {
                let until = when::ahead(text, workspace.clock.now(), &TimeZone::system());
                Some(until.ok_or_else(|| {
                    CliError::usage(format!("{text} is no time ahead: write {}", when::FORMS))
                })?)
            }
        };
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    let said = match until {
        Some(until) => format!("snoozed until {}", format::stamp(until)),
        None => format!("status: {status}"),
    };
    facet(ctx, &workspace, conversation, Facet::Status { status, until }, &said)
}

/// `priority C P`
///
/// # Errors
/// No such conversation.
pub fn priority(ctx: &mut Context, args: &PriorityArgs) -> Result<(), CliError> {
    let priority = args
        .priority
        .parse()
        .map_err(|e: crate::domain::account::UnknownWord| CliError::usage(e.to_string()))?;
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    facet(ctx, &workspace, conversation, set::priority(priority), &format!("priority: {}", args.priority))
}

/// `label C +a -b`
///
/// # Errors
/// No such conversation, or a word that is no label.
pub fn label(ctx: &mut Context, args: &LabelArgs) -> Result<(), CliError> {
    let changes: Vec<(String, bool)> = args.changes.iter().map(|c| change(c)).collect::<Result<_, _>>()?;
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    let actions = changes
        .into_iter()
        .map(|(name, on)| Action::Set { conversation, facet: set::label(name, on) })
        .collect();
    let all = context::perform_all(&workspace, actions)?;
    // One answer for all: changed if any was, and an op if any has to travel.
    let done = Performed {
        op: all.iter().find_map(|d| d.op),
        conversation: Some(conversation),
        changed: all.iter().any(|d| d.changed),
        ..Performed::default()
    };
    ctx.say_if_nobody_performs(&workspace, &done)?;
    let now = context::conversation(&workspace, &args.conversation)?.labels;
    let said = if now.is_empty() { "no labels".to_owned() } else { format!("labels: {}", now.join(", ")) };
    ctx.done(&done, &said)
}

/// A label and whether it goes on.
fn change(word: &str) -> Result<(String, bool), CliError> {
    let (name, on) = match (word.strip_prefix('+'), word.strip_prefix('-')) {
        (Some(name), _) => (name, true),
        (_, Some(name)) => (name, false),
        _ => {
            return Err(CliError::usage(format!(
                "{word}: write +{word} to add the label, -{word} to take it away"
            )));
        }
    };
    match facet::label(name, on) {
        Ok(name) => Ok((name.to_owned(), on)),
        Err(why) => Err(CliError::usage(format!("{word}: {why}"))),
    }
}

/// `read C`
///
/// # Errors
/// No such conversation.
pub fn read(ctx: &mut Context, args: &OneConversation) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    simple(ctx, &workspace, Action::Read { conversation }, "read")
}

/// `unread C`
///
/// # Errors
/// No such conversation.
pub fn unread(ctx: &mut Context, args: &OneConversation) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    simple(ctx, &workspace, Action::Unread { conversation }, "unread")
}

/// `consent C opt-out|opt-in`
///
/// # Errors
/// No such conversation.
pub fn consent(ctx: &mut Context, args: &ConsentArgs) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    let (state, said) = match args.state {
        ConsentWord::OptOut => (ConsentState::OptedOut, "opted out: nothing is sent to this customer here"),
        ConsentWord::OptIn => (ConsentState::OptedIn, "opted in"),
    };
    simple(ctx, &workspace, Action::Consent { conversation, state }, said)
}

fn facet(
    ctx: &mut Context,
    workspace: &Workspace,
    conversation: ConversationId,
    facet: Facet,
    said: &str,
) -> Result<(), CliError> {
    simple(ctx, workspace, Action::Set { conversation, facet }, said)
}

/// Performs an action and says what it did.
///
/// # Errors
/// Why it was not done.
pub fn simple(ctx: &mut Context, workspace: &Workspace, action: Action, said: &str) -> Result<(), CliError> {
    let done = context::perform(workspace, action)?;
    ctx.say_if_nobody_performs(workspace, &done)?;
    ctx.done(&done, said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::error::Exit;
    use crate::domain::ids::{AgentId, TeamId};
    use crate::domain::row::{AgentRow, TeamRow};

    fn agent(id: i64, name: &str, email: &str) -> AgentRow {
        AgentRow { id: AgentId(id), name: name.into(), email: email.into(), active: true }
    }

    #[test]
    fn owners_are_found_by_what_people_type() {
        let people = People {
            agents: vec![agent(1, "Ana", "ana@x.y"), agent(2, "Tom", "tom@x.y"), agent(3, "Tom", "tom2@x.y")],
            teams: vec![TeamRow { id: TeamId(1), name: "Returns".into() }],
        };
        let find = |typed: &str| owner(typed, "ana@x.y", &people).map_err(|e| e.exit);
        assert_eq!(find("me"), Ok(Some(Owner::Agent("ana@x.y".into()))));
        assert_eq!(find("none"), Ok(None));
        assert_eq!(find("ANA"), Ok(Some(Owner::Agent("ana@x.y".into()))));
        assert_eq!(find("tom2@x.y"), Ok(Some(Owner::Agent("tom2@x.y".into()))));
        assert_eq!(find("team:returns"), Ok(Some(Owner::Team("Returns".into()))));
        assert_eq!(find("tom"), Err(Exit::Usage));
        assert_eq!(find("nobody"), Err(Exit::NotFound));
    }

    #[test]
    fn labels_are_plain_words_with_a_sign() {
        assert_eq!(change("+vip"), Ok(("vip".into(), true)));
        assert_eq!(change("-old one"), Ok(("old one".into(), false)));
        for bad in ["vip", "+", "-  ", "+a\nb", "+a\u{202e}b"] {
            assert!(change(bad).is_err(), "{bad:?}");
        }
    }
}
