//! The words that made-up conversations are made of. `{…}` are places for what the conversation is about.

/// Given names.
pub(super) const FIRST: &[&str] = &[
    "Ana", "Ben", "Chloé", "Dmitri", "Elif", "Farah", "George", "Hana", "Ivan", "José", "Kaito", "Lena",
    "Mohamed", "Nina", "Oscar", "Priya", "Quentin", "Rosa", "Søren", "Tariq", "Uma", "Victor", "Wei",
    "Ximena", "Yusuf", "Zoë", "Aisha", "Björn", "Carla", "Diego", "Emma", "Felix", "Grace", "Hugo", "Ines",
    "Jonas", "Keiko", "Liam", "Maya", "Noah",
];

/// Family names.
pub(super) const LAST: &[&str] = &[
    "Smith",
    "García",
    "Müller",
    "Rossi",
    "Tanaka",
    "Nguyen",
    "Kowalski",
    "Ivanov",
    "Okafor",
    "Haddad",
    "Silva",
    "Jensen",
    "Dubois",
    "Yılmaz",
    "Patel",
    "Kim",
    "Chen",
    "Brown",
    "Novák",
    "O'Brien",
    "Andersson",
    "Costa",
    "Fischer",
    "Moreau",
    "Santos",
    "Lopez",
    "Walker",
    "Young",
    "Baker",
    "Hill",
];

/// Mail domains that nobody owns (RFC 2606).
pub(super) const DOMAINS: &[&str] =
    &["example.com", "mail.example.net", "post.example.org", "inbox.example.com", "corp.example.net"];

/// Those who answer.
pub(super) const AGENTS: &[&str] = &["Alice", "Bob", "Carol", "Dan", "Erin", "Frank"];

/// What things are like.
pub(super) const QUALITIES: &[&str] = &[
    "walnut",
    "linen",
    "brass",
    "ceramic",
    "foldable",
    "cordless",
    "quilted",
    "waterproof",
    "vintage",
    "compact",
    "wool",
    "bamboo",
    "enamel",
    "leather",
    "organic",
    "matte",
    "striped",
    "insulated",
    "adjustable",
    "handmade",
    "graphite",
    "coral",
    "indigo",
    "olive",
    "ivory",
    "turquoise",
    "crimson",
    "titanium",
    "velvet",
    "cork",
    "marble",
    "reclaimed",
    "oversized",
    "rechargeable",
    "stackable",
    "magnetic",
    "silicone",
    "copper",
    "frosted",
    "merino",
    "acacia",
    "denim",
];

/// Things that are sold.
pub(super) const THINGS: &[&str] = &[
    "lamp",
    "desk",
    "kettle",
    "backpack",
    "headphones",
    "curtains",
    "mug",
    "toaster",
    "blanket",
    "stool",
    "sneakers",
    "raincoat",
    "keyboard",
    "planter",
    "bookshelf",
    "teapot",
    "speaker",
    "umbrella",
    "rug",
    "mirror",
    "notebook",
    "wallet",
    "scarf",
    "clock",
    "grinder",
    "pillow",
    "bicycle helmet",
    "tent",
    "thermos",
    "skillet",
    "vase",
    "charger",
    "armchair",
    "cutting board",
    "suitcase",
    "yoga mat",
    "desk organiser",
    "night light",
    "bread bin",
    "watch strap",
    "board game",
    "garden hose",
    "soap dish",
    "wine rack",
    "sleeping bag",
    "paper shredder",
    "bath mat",
    "spice rack",
    "door handle",
];

/// Those who carry.
pub(super) const COURIERS: &[&str] =
    &["the courier", "the post office", "the depot", "the driver", "the parcel shop", "the night express"];

/// Where people live.
pub(super) const TOWNS: &[&str] = &[
    "Leeds",
    "Porto",
    "Lyon",
    "Utrecht",
    "Graz",
    "Aarhus",
    "Kraków",
    "Bilbao",
    "Turku",
    "Galway",
    "Ghent",
    "Bergen",
    "Osaka",
    "Austin",
    "Halifax",
    "Perth",
    "Cape Town",
    "Lagos",
    "Tunis",
    "Izmir",
    "Riga",
    "Tartu",
    "Brno",
    "Zadar",
    "Malmö",
    "Parma",
    "Nantes",
    "Bremen",
    "Basel",
    "Cork",
];

/// Days, after "on".
pub(super) const DAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// What a conversation is about: how it begins, and what is said in the course of it.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) subject: &'static str,
    pub(super) opening: &'static str,
    /// The agent's.
    pub(super) answers: &'static [&'static str],
    /// The customer's.
    pub(super) follow_ups: &'static [&'static str],
}

/// What people write about.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        subject: "Where is my order #{order}",
        opening: "I placed order {order} on {day} and have not heard anything since.",
        answers: &[
            "{courier} confirmed that the parcel left {town} on {day}.",
            "Order {order} is on its way, you should have it by {day}.",
        ],
        follow_ups: &[
            "I checked with {courier} and they know nothing about it.",
            "The parcel came on {day}, and everything was in it.",
        ],
    },
    Topic {
        subject: "Delivery of order {order}",
        opening: "My order {order} was supposed to arrive on {day}, but {courier} never came.",
        answers: &[
            "{courier} will try again on {day}.",
            "I have asked {courier} to bring order {order} back to {town}.",
        ],
        follow_ups: &["Nobody came on {day} either.", "Could they leave the {thing} with a neighbour?"],
    },
    Topic {
        subject: "Damaged item received",
        opening: "The {thing} from order {order} arrived today with a crack along one side.",
        answers: &[
            "A replacement for the {thing} is on its way, free of charge.",
            "Could you send us a photo of the {thing} and of the box?",
        ],
        follow_ups: &[
            "Yes, a replacement would be fine, as long as it is the {thing}.",
            "The new {thing} came on {day}, and it is whole.",
        ],
    },
    Topic {
        subject: "Charged twice for {order}",
        opening: "I was charged {amount} twice for the same order, number {order}.",
        answers: &[
            "The second charge was only an authorisation and disappears by {day}.",
            "I have issued a refund of {amount}, it takes three to five working days.",
        ],
        follow_ups: &[
            "My bank says that both payments went through on {day}.",
            "I can see the refund on my account now.",
        ],
    },
    Topic {
        subject: "Return label for {order}",
        opening: "I would like to return the {thing} because the colour is not what the photo showed.",
        answers: &[
            "I have sent a new return label to your e-mail address.",
            "Once the {thing} is back in {town}, we refund the whole amount.",
        ],
        follow_ups: &[
            "Could you send the return label again? The link has expired.",
            "I gave the {thing} to {courier} on {day}.",
        ],
    },
    Topic {
        subject: "Cannot log in to my account",
        opening: "I can not log in any more since the last update, although my password has not changed.",
        answers: &[
            "Please try the link for a new password once more, it is valid for an hour.",
            "I have unlocked your account, could you try again?",
        ],
        follow_ups: &[
            "That worked, I can see my order again in my account.",
            "It still says that the password is wrong.",
        ],
    },
    Topic {
        subject: "Change of delivery address",
        opening: "Could you please change the delivery address of order {order} to {town}?",
        answers: &[
            "I have changed the delivery address to {town}, as you asked.",
            "Order {order} has left already, but {courier} can redirect it to {town}.",
        ],
        follow_ups: &["The confirmation still shows the old address.", "Perfect, {town} is right."],
    },
    Topic {
        subject: "Invoice {order} is wrong",
        opening: "There is a mistake on the invoice for order {order}: it says {amount} instead of what I paid.",
        answers: &[
            "A corrected invoice for order {order} is attached.",
            "I have forwarded this to our accounts team and will write again on {day}.",
        ],
        follow_ups: &[
            "The new invoice lacks the tax number of our company.",
            "Now the invoice is right, {amount} it is.",
        ],
    },
    Topic {
        subject: "Cancel my subscription",
        opening: "I cancelled my subscription on {day} and it was renewed anyway for {amount}.",
        answers: &[
            "Your subscription is cancelled now, and {amount} goes back to your card.",
            "The cancellation reached us one day after the renewal, but we refund it.",
        ],
        follow_ups: &[
            "I have the confirmation of the cancellation from {day}.",
            "A refund of {amount} is not enough, I also paid the month before.",
        ],
    },
    Topic {
        subject: "Missing item in order {order}",
        opening: "Half of my order is missing: the box had the manual but no {thing}.",
        answers: &[
            "I am sorry, the {thing} leaves {town} on {day} in a parcel of its own.",
            "Order {order} was packed in two boxes, the other one is with {courier}.",
        ],
        follow_ups: &["The second box has not come yet.", "The {thing} is here now, thank you."],
    },
    Topic {
        subject: "Question about the {thing}",
        opening: "Do you know when the {thing} will be in stock again in {town}?",
        answers: &[
            "The {thing} will be in stock again next month, shall I put one aside?",
            "We have two of the {thing} left in {town}.",
        ],
        follow_ups: &[
            "Yes please, put one aside for me.",
            "Is the {thing} also available in another colour?",
        ],
    },
    Topic {
        subject: "Discount code refused",
        opening: "The discount code from your newsletter is refused at the checkout for my order.",
        answers: &[
            "The code was valid until {day}, but I have made you a new one.",
            "I have taken {amount} off order {order}.",
        ],
        follow_ups: &["The new code works, thank you!", "Does the code also hold for the {thing}?"],
    },
];

/// What a customer adds.
pub(super) const DETAILS: &[&str] = &[
    "I have attached a screenshot and a photo of the label.",
    "I tried another browser and my phone, with the same result.",
    "I need it before {day} because it is a present.",
    "The serial number is {serial}, in case that helps.",
    "I already wrote to you on {day} and never got an answer.",
    "Please send it to my office in {town} instead.",
    "I still have the original box and the receipt.",
    "To be honest I am a little disappointed, this is my third order with you.",
    "The customer service line was closed when I called.",
    "The {thing} itself is great, by the way.",
    "Could a manager have a look at this, please?",
    "You can also reach me by phone after six.",
];

/// How a customer ends.
pub(super) const CLOSINGS: &[&str] = &[
    "Thank you for your help.",
    "Looking forward to your reply.",
    "Please let me know what to do next.",
    "Thanks in advance and kind regards.",
    "How long will this take?",
    "What are my options?",
    "Thanks!",
];

/// What a customer answers, whatever it is about.
pub(super) const FOLLOW_UPS: &[&str] = &[
    "Thank you, the order number is {order}.",
    "Is there any news about my order?",
    "I have now waited since {day}, please check again.",
    "Great, thanks for the quick answer!",
    "Ok, I will wait until {day} then.",
];

/// What an agent says, whatever it is about.
pub(super) const ANSWERS: &[&str] = &[
    "Thank you for getting in touch, and sorry for the trouble with your order.",
    "I have looked into order {order} and can see what happened.",
    "Could you tell me the order number and the postal code, please?",
    "Is there anything else that I can do for your order?",
    "Thank you for your patience.",
];

/// Signs.
pub(super) const EMOJI: &[&str] = &["😀", "🙏", "📦", "😡", "👍", "❤️", "🚚", "💳", "⚠️", "🎉", "👩‍💻", "🇩🇪"];

/// Bits of other languages and scripts.
pub(super) const FOREIGN: &[&str] = &[
    "Grüße aus der Straße, größer bitte.",
    "Merci beaucoup, à bientôt.",
    "Gracias, señor.",
    "ありがとうございます、配達を待っています。",
    "注文番号を確認してください。",
    "Спасибо, заказ получен.",
    "شكرا جزيلا",
    "See you at the café, how naïve of me.",
];
