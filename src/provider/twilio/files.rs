//! What files Twilio sends along, by its "Accepted content types for media" and its guide to WhatsApp media.

use super::settings::Settings;
use crate::domain::capability::{AttachmentLimits, Recipients};
use crate::text::address::vendor_phone;

/// All media of one MMS together.
const MMS: u64 = 5_000_000;
/// Media of one MMS.
const MMS_COUNT: u32 = 10;
/// One file on WhatsApp.
const WHATSAPP: u64 = 16_000_000;
/// One image on WhatsApp.
const WHATSAPP_IMAGE: u64 = 5_000_000;

const MMS_KINDS: &[&str] = &[
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/bmp",
    "image/tiff",
    "image/heic",
    "image/heif",
    "audio/mpeg",
    "audio/mp4",
    "audio/aac",
    "audio/ogg",
    "audio/amr",
    "video/mp4",
    "video/quicktime",
    "video/3gpp",
    "video/webm",
    "video/mpeg",
    "application/pdf",
    "application/vnd.apple.pkpass",
    "text/vcard",
    "text/csv",
    "text/calendar",
];

const WHATSAPP_KINDS: &[&str] = &[
    "image/jpeg",
    "image/png",
    "audio/mpeg",
    "audio/mp4",
    "audio/aac",
    "audio/ogg",
    "audio/amr",
    "video/mp4",
    "video/3gpp",
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "text/plain",
    "text/vcard",
];

/// Countries of the North American plan where no MMS goes: all but the US with its territories, and Canada.
const ISLANDS: &[&str] = &[
    "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664", "721", "758", "767", "784",
    "809", "829", "849", "868", "869", "876",
];

fn kinds(all: &[&str]) -> Vec<String> {
    all.iter().map(|kind| (*kind).to_owned()).collect()
}

/// What goes along with SMS, which becomes MMS by it.
pub(super) fn mms(settings: &Settings) -> AttachmentLimits {
    let to = Recipients {
        begin: vec!["+1".into()],
        except: ISLANDS.iter().map(|area| format!("+1{area}")).collect(),
        who: "numbers of the US and Canada".into(),
    };
    let ours = settings.own.from.as_deref().unwrap_or_default();
    let is_short = !ours.is_empty() && ours.bytes().all(|b| b.is_ascii_digit());
    // What number a messaging service takes is its own affair.
    let may = ours.is_empty() || is_short || vendor_phone(ours).is_some_and(|number| to.holds(&number));
    let refused = format!("Twilio sends files from numbers of the US and Canada only, and {ours} is none");
    AttachmentLimits {
        kinds: kinds(MMS_KINDS),
        bytes: MMS,
        count: MMS_COUNT,
        total: Some(MMS),
        to: Some(to),
        called: Some("MMS".into()),
        fetched: Some("Twilio".into()),
        refused: (!may).then_some(refused),
        ..AttachmentLimits::default()
    }
}

/// What goes along on WhatsApp.
pub(super) fn whatsapp() -> AttachmentLimits {
    AttachmentLimits {
        kinds: kinds(WHATSAPP_KINDS),
        bytes: WHATSAPP,
        count: 1,
        less: vec![("image/".into(), WHATSAPP_IMAGE)],
        // WhatsApp has no caption for sounds and address cards.
        wordless: kinds(&["audio/", "text/vcard"]),
        fetched: Some("Twilio".into()),
        ..AttachmentLimits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn settings(from: &str) -> Settings {
        let mut map: BTreeMap<String, String> = BTreeMap::new();
        map.insert("account_sid".into(), "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e".into());
        map.insert("from".into(), from.into());
        super::super::settings::parse(&map).unwrap()
    }

    #[test]
    fn mms_goes_within_the_us_and_canada() {
        let to = mms(&settings("+15557122661")).to.unwrap();
        assert!(to.holds("+14155550001") && to.holds("+17875550001"));
        for other in ["+12425550001", "+31612345678", "12345"] {
            assert!(!to.holds(other), "{other}");
        }
        for (from, may) in
            [("+15557122661", true), ("72345", true), ("+447700900123", false), ("Acme", false)]
        {
            assert_eq!(mms(&settings(from)).refused.is_none(), may, "{from}");
        }
    }
}
