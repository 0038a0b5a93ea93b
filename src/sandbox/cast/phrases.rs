//! What everybody says sooner or later, in each language of the cast, and the words that set it off.

/// What a person speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
    /// Japanese.
    Japanese,
    /// Arabic.
    Arabic,
}

/// Ready sentences. `{order}` is the person's order number.
pub struct Phrases {
    /// A greeting returned.
    pub greet: &'static [&'static str],
    /// The order number, when asked.
    pub order: &'static [&'static str],
    /// Joy about money.
    pub refund: &'static [&'static str],
    /// The address, when asked.
    pub address: &'static [&'static str],
    /// An apology accepted.
    pub softened: &'static [&'static str],
    /// A question that was not understood.
    pub again: &'static [&'static str],
    /// The end of a talk.
    pub thanks: &'static [&'static str],
    /// Taking note.
    pub ack: &'static [&'static str],
}

/// Words of an agent that set off a sentence, in all languages: an agent may answer in his own.
pub const GREETINGS: &[&str] =
    &["hi", "hello", "hey", "hallo", "guten tag", "good morning", "こんにちは", "مرحبا"];
/// About the order number.
pub const ORDER: &[&str] = &["order", "number", "reference", "bestell", "nummer", "注文", "番号", "رقم"];
/// About money coming back.
pub const REFUND: &[&str] =
    &["refund", "reimburs", "credit", "money back", "erstatt", "gutschrift", "返金", "استرداد"];
/// About where to.
pub const ADDRESS: &[&str] = &["address", "postcode", "zip", "adresse", "住所", "عنوان"];
/// Regret.
pub const SORRY: &[&str] = &["sorry", "apolog", "entschuldig", "tut mir leid", "申し訳", "عذر"];
/// The end.
pub const CLOSING: &[&str] = &[
    "anything else",
    "have a great",
    "have a nice",
    "you're welcome",
    "glad i could",
    "bye",
    "schönen tag",
    "gern geschehen",
];

impl Language {
    /// The ready sentences of this language.
    pub fn phrases(self) -> &'static Phrases {
        match self {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
            Language::Japanese => &JAPANESE,
            Language::Arabic => &ARABIC,
        }
    }
}

static ENGLISH: Phrases = Phrases {
    greet: &["Hi! Thanks for getting back to me.", "Hello!", "Hey, thanks for the quick answer"],
    order: &["It's {order}.", "Sure, the order number is {order}", "#{order}"],
    refund: &[
        "Thank you, that is great news! How long does it take?",
        "Perfect, thanks for the refund.",
        "Thanks!! That's all I wanted.",
    ],
    address: &[
        "14 Orchard Lane, second floor. The bell says \"Studio\".",
        "Same address as on the order, please.",
    ],
    softened: &[
        "Thanks for saying that. It happens.",
        "No worries, as long as it gets sorted out.",
        "Appreciate it.",
    ],
    again: &[
        "Sorry, I don't quite follow. What do you need from me?",
        "Hm, not sure. Can you check on your side?",
    ],
    thanks: &[
        "That's all, thank you very much!",
        "No, that's it. Thanks for your help 👍",
        "Great, have a good one!",
    ],
    ack: &["Ok, thanks for letting me know.", "Alright, I'll wait then.", "Got it, thank you!"],
};

static GERMAN: Phrases = Phrases {
    greet: &["Hallo, danke für die schnelle Antwort!", "Guten Tag!"],
    order: &["Die Bestellnummer ist {order}.", "Gern: {order}"],
    refund: &["Vielen Dank, das freut mich! Wie lange dauert die Erstattung?"],
    address: &["Lindenstraße 8, 04109 Leipzig."],
    softened: &["Kein Problem, das kann passieren."],
    again: &["Entschuldigung, das habe ich nicht ganz verstanden. Was brauchen Sie von mir?"],
    thanks: &["Nein, das war alles. Vielen Dank und einen schönen Tag!"],
    ack: &["Alles klar, danke für die Information.", "Gut, dann warte ich."],
};

static JAPANESE: Phrases = Phrases {
    greet: &["ご連絡ありがとうございます。"],
    order: &["注文番号は{order}です。"],
    refund: &["返金のご対応、ありがとうございます。"],
    address: &["東京都渋谷区神南1-2-3です。"],
    softened: &["いえいえ、大丈夫です。"],
    again: &["すみません、もう一度教えていただけますか？"],
    thanks: &["ありがとうございました。助かりました！"],
    ack: &["承知しました。お待ちしています。"],
};

static ARABIC: Phrases = Phrases {
    greet: &["أهلا، شكرا على الرد"],
    order: &["رقم الطلب {order}"],
    refund: &["شكرا جزيلا على استرداد المبلغ"],
    address: &["شارع النخيل 12، دبي"],
    softened: &["لا بأس، شكرا"],
    again: &["عفوا، لم أفهم. هل يمكنك التوضيح؟"],
    thanks: &["شكرا، هذا كل شيء"],
    ack: &["حسنا، سأنتظر"],
};
