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

/// Days.
pub(super) const DAYS: &[&str] = &[
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "yesterday",
    "last week",
    "two weeks ago",
];

/// Subjects of mail.
pub(super) const SUBJECTS: &[&str] = &[
    "Where is my order #{order}",
    "Refund for order {order}",
    "Cannot log in to my account",
    "Invoice {order} is wrong",
    "Damaged item received",
    "Change of delivery address",
    "Cancel my subscription",
    "Charged twice for {order}",
    "Question about the {thing}",
    "Problem with the {thing}",
    "{thing} not working",
    "Return label for {order}",
];

/// How a customer begins.
pub(super) const OPENINGS: &[&str] = &[
    "I placed order {order} on {day} and have not heard anything since.",
    "My order {order} was supposed to arrive {day}, but {courier} never came.",
    "The {thing} from order {order} arrived today with a crack along one side.",
    "I was charged {amount} twice for the same order, number {order}.",
    "I would like to return the {thing} because the colour is not what the photo showed.",
    "I can not log in any more since the last update, although my password has not changed.",
    "Could you please change the delivery address of order {order} to {town}?",
    "There is a mistake on the invoice for order {order}: it says {amount} instead of what I paid.",
    "I cancelled my subscription {day} and it was renewed anyway for {amount}.",
    "Half of my order is missing: the box had the manual but no {thing}.",
    "Do you know when the {thing} will be in stock again in {town}?",
    "The discount code from your newsletter is refused at the checkout for my order.",
];

/// What a customer adds.
pub(super) const DETAILS: &[&str] = &[
    "I have attached a screenshot and a photo of the label.",
    "{courier} says the parcel was left with a neighbour, but nobody here has it.",
    "I tried another browser and my phone, with the same error.",
    "My bank tells me that the payment went through on {day}.",
    "I need it before {day} because it is a present.",
    "The serial number is {serial}, in case that helps.",
    "I already wrote to you {day} and never got an answer to that order.",
    "Please send it to my office in {town} instead.",
    "I still have the original box and the receipt.",
    "To be honest I am a little disappointed, this is my third order with you.",
    "The customer service line was closed when I called.",
    "I do not mind waiting if the order can still be sent as one parcel.",
    "The {thing} itself is great, by the way.",
    "Could a manager have a look at this, please?",
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

/// What a customer answers.
pub(super) const FOLLOW_UPS: &[&str] = &[
    "Thank you, the order number is {order}.",
    "That worked, I can see the order again in my account.",
    "It still says the same on the website today.",
    "I checked with {courier} and they know nothing about it.",
    "Yes, a replacement would be fine, as long as it is the {thing}.",
    "A refund of {amount} is not enough, I also paid for shipping.",
    "The new parcel came {day}, and this time everything was in it.",
    "Could you send the return label again? The link has expired.",
    "Is there any news about my order?",
    "I have now waited since {day}, please check again.",
    "Great, thanks for the quick answer!",
];

/// What an agent says.
pub(super) const ANSWERS: &[&str] = &[
    "Thank you for getting in touch, and sorry for the trouble with your order.",
    "I have looked into order {order} and can see what happened.",
    "{courier} confirmed that the parcel left {town} on {day}.",
    "I have issued a refund of {amount}, it takes three to five working days.",
    "A replacement for the {thing} is on its way, free of charge.",
    "Could you tell me the order number and the postal code, please?",
    "I have sent a new return label to your e-mail address.",
    "Please try the link for a new password once more, it is valid for an hour.",
    "The second charge was only an authorisation and disappears by {day}.",
    "I have changed the delivery address to {town}, as you asked.",
    "The {thing} will be in stock again next month, shall I put one aside?",
    "I have forwarded this to our team in {town} and will write again on {day}.",
    "Your subscription is cancelled now, and {amount} goes back to your card.",
    "Is there anything else that I can do for your order?",
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
