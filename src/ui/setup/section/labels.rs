//! Labels: how many conversations have each; another name for one, and an end of one.

use crate::domain::facet::label;
use crate::domain::order::Order;
use crate::ui::effect::Targets;
use crate::ui::setup::form::{Blank, Form};
use crate::ui::setup::section::{Act, Part, Press, Row, Section, Seen};

pub(super) static PART: Part = Part {
    title: "Labels",
    empty: "No label is in use.",
    how: &[
        "A label is there as soon as a conversation has it (L in the list or the thread, and type a new word), and goes with its last one. So labels are kept with the conversations, not in the file.",
        "Searches, macros and rules of the file that name a label are left as they are.",
    ],
    hints: |_| vec![(Press::Enter, "rename"), (Press::Letter('x'), "take off everywhere")],
    rows: |seen| seen.rows(Section::Labels),
    press,
    ..Part::BARE
};

fn press(seen: &Seen<'_>, row: Option<&Row>, press: Press) -> Act {
    let Some(item) = row.and_then(|row| seen.list(Section::Labels).get(row.id)) else { return Act::Foreign };
    match press {
        Press::Enter | Press::Letter('e') => Act::Form(Box::new(Form {
            title: format!("Another name for {}", item.name),
            fields: vec![Blank::selected(
                "name",
                "what all of its conversations are labelled with instead",
                &item.name,
            )],
            was: Some(item.name.clone()),
            check,
            done,
            ..Form::default()
        })),
        Press::Letter('x') => {
            let order = Order::Label(vec![(item.name.clone(), false)]);
            let act = Act::Order { said: order.said(), order, targets: Targets::Labelled(item.name.clone()) };
            let question =
                format!("Take {} off {}? It is gone then; u takes that back.", item.name, item.about);
            Act::sure(question, "take it off", act)
        }
        Press::Letter(_) => Act::Foreign,
    }
}

fn check(form: &Form, at: usize, _: &Seen<'_>) -> Option<String> {
    label(form.text(at), true).err()
}

fn done(form: &Form, seen: &Seen<'_>) -> Act {
    let (old, new) = (form.was.clone().unwrap_or_default(), form.text(0).to_owned());
    if old == new {
        return Act::Say(crate::ui::msg::Level::Info, "it is called so already".into());
    }
    let act = Act::Order {
        order: Order::Label(vec![(new.clone(), true), (old.clone(), false)]),
        targets: Targets::Labelled(old.clone()),
        said: format!("{old} is {new} now"),
    };
    match seen.list(Section::Labels).iter().find(|l| l.name == new) {
        Some(other) => {
            let question =
                format!("{new} is there already, on {}. Make {old} and {new} one label?", other.about);
            Act::sure(question, "make them one", act)
        }
        None => act,
    }
}
