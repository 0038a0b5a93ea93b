//! The dozen customers: who they are, how they write, and what their story is.

use super::phrases::Language;

/// How somebody reaches us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The chat page, perhaps saying who he is.
    Chat {
        /// The address he gives.
        email: Option<&'static str>,
    },
    /// SMS from this number.
    Sms(&'static str),
    /// WhatsApp from this number.
    WhatsApp(&'static str),
    /// Mails from this address.
    Mail {
        /// The address.
        address: &'static str,
        /// What they are about.
        subject: &'static str,
    },
}

/// Something said or sent. `{order}` in a text is the person's order number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Words.
    Text(&'static str),
    /// A photo with these words.
    Photo(&'static str),
    /// The place where he is (WhatsApp).
    Place,
}

/// A place as WhatsApp shares it: latitude, longitude, address, label.
pub type Place = (&'static str, &'static str, &'static str, &'static str);

/// A customer.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The full name; empty for a visitor who does not give one.
    pub name: &'static str,
    /// How he reaches us.
    pub via: Via,
    /// What he speaks.
    pub language: Language,
    /// His order number.
    pub order: &'static str,
    /// Where he is, if he would share it.
    pub place: Option<Place>,
    /// What he writes first.
    pub opening: &'static [Line],
    /// What he adds if nobody answers, in turn.
    pub nags: &'static [&'static str],
    /// Seconds (natural pace) until he loses patience.
    pub patience: u64,
    /// Reactions of his own, before the common ones: any of the words, then the answer.
    pub rules: &'static [(&'static [&'static str], Line)],
    /// What he comes back with, minutes later.
    pub later: &'static [&'static str],
}

use Line::{Photo, Place as Here, Text};

const NOBODY: Person = Person {
    name: "",
    via: Via::Chat { email: None },
    language: Language::English,
    order: "10000",
    place: None,
    opening: &[],
    nags: &[],
    patience: 75,
    rules: &[],
    later: &[],
};

/// All of them, in the order in which they come. The first three write at once.
pub const PEOPLE: [Person; 12] = [
    Person {
        name: "Maya Lindqvist",
        via: Via::Chat { email: Some("maya.lindqvist@example.com") },
        order: "48213",
        opening: &[
            Text("Hi there! I ordered a lamp last week and it was supposed to come on Friday."),
            Text("The tracking page has said \"in transit\" for four days now. Could you have a look? 🙂"),
        ],
        nags: &[
            "Hello? Is somebody there?",
            "I'll keep this window open, just let me know when you know more.",
        ],
        rules: &[(
            &["courier", "tomorrow", "transit", "depot"],
            Text("Oh good, so it isn't lost! Will I get a message when it is out for delivery?"),
        )],
        later: &[
            "Me again! The lamp is here and it is lovely. Do you also sell the matching floor lamp?",
            "Quick one: can I still add a gift receipt to order {order}?",
        ],
        ..NOBODY
    },
    Person {
        name: "Tom Barrett",
        via: Via::Sms("+12125550142"),
        order: "47990",
        opening: &[Text(
            "My card was charged TWICE for order #{order}. 59.90 each time. Please fix this today",
        )],
        nags: &[
            "Still two charges on my statement. Anybody?",
            "I will call my bank for a chargeback if I hear nothing.",
        ],
        patience: 60,
        rules: &[(
            &["statement", "screenshot", "last four", "card"],
            Text("Visa ending 4471. Both charges are from Monday"),
        )],
        later: &[
            "The second charge is gone from my account now. Thanks for sorting it",
            "Can I get an invoice for order {order}?",
        ],
        ..NOBODY
    },
    Person {
        name: "Zoë Ünal",
        via: Via::WhatsApp("+491715550133"),
        order: "48377",
        place: Some(("52.5200", "13.4050", "Rosenthaler Str. 40, Berlin", "Home")),
        opening: &[
            Text("Hello! My parcel came today but one of the cups is broken 😢"),
            Photo("This is how it looked when I opened the box"),
        ],
        nags: &["Did the picture arrive?"],
        rules: &[
            (&["address", "where", "location", "deliver"], Here),
            (&["photo", "picture", "image"], Photo("Here is another one, a bit closer")),
        ],
        later: &[
            "The new cup is here, and whole this time. Thank you so much! ☕",
            "Can I change the address of order {order}?",
        ],
        ..NOBODY
    },
    Person {
        name: "Eleanor Whitcombe",
        via: Via::Mail { address: "e.whitcombe@example.net", subject: "Linen curtains, order 45518" },
        order: "45518",
        patience: 110,
        opening: &[Text(
            "Dear Sir or Madam,\n\nI have been a customer of yours for eleven years, and I have never had occasion to \
             complain until now. On the 3rd I ordered a set of linen curtains as a present for my daughter's new house. \
             First they arrived in the wrong colour. I returned them at my own expense, was told that the exchange would \
             take five working days, and then waited for sixteen. When the second parcel finally came, one of the two \
             panels was four inches shorter than the other, and the receipt was for somebody else altogether.\n\nI have \
             telephoned twice and was cut off both times after more than twenty minutes in the queue. I do not wish to be \
             unreasonable, but I should like to know, plainly, what you intend to do about it and when.\n\nYours \
             faithfully,\nEleanor Whitcombe",
        )],
        nags: &["I should be grateful for at least an acknowledgement of my message."],
        rules: &[(
            &["apolog", "sorry"],
            Text(
                "Thank you. I appreciate the apology, and I realise that it is not your personal doing. What happens next?",
            ),
        )],
        later: &[
            "I am pleased to say that the new curtains arrived, and they are both of a length. Thank you for your help.",
        ],
        ..NOBODY
    },
    Person {
        name: "Marcus Hale",
        via: Via::Sms("+13105550177"),
        order: "46102",
        opening: &[Text("order 46102 was due last tuesday. where is it")],
        nags: &[
            "so nobody answers here? great",
            "This is the THIRD message. I want to talk to a manager.",
            "Unbelievable. Leaving a review now.",
        ],
        patience: 35,
        rules: &[(&["manager", "supervisor", "escalat"], Text("finally. i'm at this number until 6"))],
        later: &["any news on the replacement", "ok it came. took long enough"],
        ..NOBODY
    },
    Person {
        name: "Jonas Weber",
        via: Via::Mail { address: "jonas.weber@example.org", subject: "Anmeldung nicht möglich" },
        language: Language::German,
        order: "48051",
        opening: &[Text(
            "Guten Tag,\n\nich kann mich seit gestern nicht mehr anmelden. Der Link zum Zurücksetzen des Passworts kommt \
                 bei mir nicht an, auch nicht im Spam-Ordner.\n\nFreundliche Grüße\nJonas Weber",
        )],
        nags: &["Können Sie mir bitte helfen? Ich brauche die Rechnung bis heute Abend."],
        rules: &[(
            &["link", "passwort", "password", "reset"],
            Text("Jetzt hat es geklappt, ich bin wieder drin. Herzlichen Dank!"),
        )],
        later: &["Noch eine Frage: Wo finde ich die Rechnung zu Bestellung {order}?"],
        ..NOBODY
    },
    Person {
        name: "Luis Ortega",
        via: Via::Sms("+17865550119"),
        order: "48410",
        opening: &[Text("Heyyy 👋👋 just got my sneakers 👟🔥 but they sent size 9 😭😭 I need 10 🙏")],
        nags: &["helloooo 👀👀", "pls 🥺🙏"],
        rules: &[(
            &["label", "return", "exchange", "swap"],
            Text("yesss 🙌 email me the label 📦 u guys rock 🎸"),
        )],
        later: &["size 10 landed 🛬 perfect fit 😍👟 thank uuu 💛", "do u have them in green 💚 too??"],
        ..NOBODY
    },
    Person {
        name: "佐藤 美咲",
        via: Via::WhatsApp("+819055550121"),
        language: Language::Japanese,
        order: "48266",
        opening: &[Text("こんにちは。注文した商品がまだ届きません。配達状況を確認していただけますか？")],
        nags: &["お忙しいところすみません。ご確認いただけましたか？"],
        later: &["無事に届きました。ありがとうございました。", "注文{order}の領収書をいただけますか？"],
        ..NOBODY
    },
    Person {
        name: "Priya Nair",
        via: Via::Sms("+447700900168"),
        order: "47405",
        opening: &[Text("Hi, I sent back order {order} two weeks ago. When will I see the refund? It's £84")],
        nags: &["Hi, any update on my refund please?"],
        later: &["The £84 is in my account. Thank you!", "Hi, do you deliver to Ireland as well?"],
        ..NOBODY
    },
    Person {
        name: "Layla Haddad",
        via: Via::WhatsApp("+971555550184"),
        language: Language::Arabic,
        order: "48309",
        opening: &[Text("مرحبا، أين طلبي رقم 48309؟")],
        nags: &["هل من أخبار؟"],
        later: &["وصل الطلب، شكرا جزيلا!"],
        ..NOBODY
    },
    Person {
        name: "",
        via: Via::Chat { email: None },
        order: "48500",
        patience: 50,
        opening: &[Text("do you ship to norway"), Text("and how much is it")],
        nags: &["?", "nvm found it"],
        rules: &[(&["norway", "shipping", "ship", "nok", "eur"], Text("ok thx, and how long does it take"))],
        later: &["is the blue one back in stock", "does the warranty cover water damage"],
        ..NOBODY
    },
    Person {
        name: "Grace Kim",
        via: Via::Sms("+14155550156"),
        order: "44871",
        opening: &[
            Text("I keep getting your sale texts at 6 in the morning. Please take me off this list."),
            Text("STOP"),
        ],
        ..NOBODY
    },
];
