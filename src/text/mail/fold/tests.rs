//! Texts of real programs, taken apart.

use super::*;
use proptest::prelude::*;

/// The pieces with a letter each: `o`wn, `q`uoted, `s`ignature.
fn shape(text: &str) -> Vec<(char, &str)> {
    let pieces = split(text);
    let mut at = 0;
    for piece in &pieces {
        assert_eq!(piece.range.start, at, "no gap");
        at = piece.range.end;
    }
    assert_eq!(at, text.len(), "to the end");
    let letter = |kind| match kind {
        Kind::Own => 'o',
        Kind::Quoted => 'q',
        Kind::Signature => 's',
    };
    pieces.into_iter().map(|piece| (letter(piece.kind), text[piece.range].trim())).collect()
}

#[test]
fn marked_lines_are_quoted() {
    assert_eq!(shape(""), []);
    assert_eq!(shape("Hello\n"), [('o', "Hello")]);
    assert_eq!(shape("> a\n> b\n\nNo.\n"), [('q', "> a\n> b"), ('o', "No.")]);
    assert_eq!(
        shape("Yes.\n\nOn Mon, 1 Jan 2024 at 10:00, Ana <ana@x.org> wrote:\n\n> a\n>\n> b\n"),
        [('o', "Yes."), ('q', "On Mon, 1 Jan 2024 at 10:00, Ana <ana@x.org> wrote:\n\n> a\n>\n> b")]
    );
}

#[test]
fn answers_between_quotations_are_own() {
    assert_eq!(
        shape("Ana wrote on 1 May:\n> One?\n\nYes.\n\n> Two?\nNo.\n> Three?\n"),
        [
            ('q', "Ana wrote on 1 May:\n> One?"),
            ('o', "Yes."),
            ('q', "> Two?"),
            ('o', "No."),
            ('q', "> Three?")
        ]
    );
}

#[test]
fn attributions_of_many_languages() {
    for line in [
        "On Mon, Jan 1, 2024 at 10:00 AM Ana de Vries <ana@x.org> wrote:",
        "On Mon, Jan 1, 2024 at 10:00 AM Ana de Vries <\nana@x.org> wrote:",
        "On Monday, January 1, 2024, Ana de Vries of the very long name\n<ana@x.org>\nwrote:",
        "Am 01.01.2024 um 10:00 schrieb Ana de Vries:",
        "Am Mo., 1. Jan. 2024 um 10:00 Uhr schrieb Ana de Vries <\nana@x.org>:",
        "Ana de Vries <ana@x.org> schrieb am 1. Januar 2024 um 10:00:",
        "Le lun. 1 janv. 2024 \u{e0} 10:00, Ana <ana@x.org> a \u{e9}crit\u{a0}:",
        "El lun, 1 ene 2024 a las 10:00, Ana (<ana@x.org>) escribi\u{f3}:",
        "Em seg., 1 de jan. de 2024 \u{e0}s 10:00, Ana <ana@x.org> escreveu:",
        "Op ma 1 jan. 2024 om 10:00 schreef Ana <ana@x.org>:",
        "Il giorno lun 1 gen 2024 alle ore 10:00 Ana <ana@x.org> ha scritto:",
        "Den m\u{e5}n 1 jan. 2024 10:00 skrev Ana <ana@x.org>:",
        "man. 1. jan. 2024 kl. 10:00 skrev Ana <ana@x.org>:",
        "ma 1. tammik. 2024 klo 10.00 Ana (ana@x.org) kirjoitti:",
        "pon., 1 sty 2024 o 10:00 Ana <ana@x.org> napisa\u{142}(a):",
        "po 1. 1. 2024 v 10:00 odes\u{ed}latel Ana <ana@x.org> napsal:",
        "\u{43f}\u{43d}, 1 \u{44f}\u{43d}\u{432}. 2024 \u{433}. \u{432} 10:00, Ana <ana@x.org>:",
        "1 \u{44f}\u{43d}\u{432}\u{430}\u{440}\u{44f} 2024 \u{433}., 10:00 Ana \u{43d}\u{430}\u{43f}\u{438}\u{441}\u{430}\u{43b}(\u{430}):",
        "Ana <ana@x.org>, 1 Oca 2024 Pzt, 10:00 tarihinde \u{15f}unu yazd\u{131}:",
        "Ana <ana@x.org> \u{4e8e}2024\u{5e74}1\u{6708}1\u{65e5}\u{5468}\u{4e00} 10:00\u{5199}\u{9053}\u{ff1a}",
        "2024\u{5e74}1\u{6708}1\u{65e5}(\u{6708}) 10:00 Ana <ana@x.org>:",
        "2024\u{b144} 1\u{c6d4} 1\u{c77c} (\u{c6d4}) \u{c624}\u{c804} 10:00, Ana <ana@x.org>\u{b2d8}\u{c774} \u{c791}\u{c131}:",
        "\u{5d1}\u{5ea}\u{5d0}\u{5e8}\u{5d9}\u{5da} \u{5d9}\u{5d5}\u{5dd} \u{5d1}\u{5f3}, 1 \u{5d1}\u{5d9}\u{5e0}\u{5d5}\u{5f3} 2024 \u{5d1}-10:00 \u{5de}\u{5d0}\u{5ea} Ana \u{200f}<\u{202a}ana@x.org\u{202c}\u{200f}>:\u{200f}",
        "2024-01-01 10:00 GMT+01:00 Ana <ana@x.org>:",
    ] {
        let text = format!("Mine.\n\n{line}\n> theirs\n");
        assert_eq!(shape(&text), [('o', "Mine."), ('q', format!("{line}\n> theirs").as_str())], "{line}");
    }
}

#[test]
fn history_that_is_not_marked() {
    for history in [
        "On Monday, January 1, 2024 at 10:00:00 AM GMT+1, Ana <ana@x.org> wrote:\n\n  Hello\n",
        "-----Original Message-----\nFrom: Ana\nSent: Monday\n\nHello",
        "-----Urspr\u{fc}ngliche Nachricht-----\nHello",
        "---- Message d\u{2019}origine ----\nHello",
        "------------------ \u{539f}\u{59cb}\u{90ae}\u{4ef6} ------------------\nHello",
        "From: Ana <ana@x.org>\nSent: Monday, January 1, 2024 10:00 AM\nTo: Bob\nSubject: RE: x\n\nHello",
        "________________________________\nFrom: Ana\nSent: Monday\nTo: Bob\nSubject: x\n\nHello",
        "----------\n\n*From:* Ana <ana@x.org>\n*Date:* Monday\n*To:* Bob\n*Subject:* x\n\nHello",
        "Von: Ana\nGesendet: Montag, 1. Januar 2024 10:00\nAn: Bob\nBetreff: x\n\nHallo",
        "De : Ana\nEnvoy\u{e9} : lundi 1 janvier 2024 10:00\n\u{c0} : Bob\nObjet : x\n\nBonjour",
        "De: Ana\nEnviado el: lunes, 1 de enero de 2024\nPara: Bob\nAsunto: x\n\nHola",
        "Van: Ana\nVerzonden: maandag 1 januari 2024\nAan: Bob\nOnderwerp: x\n\nHallo",
        "Da: Ana\nInviato: luned\u{ec} 1 gennaio 2024\nA: Bob\nOggetto: x\n\nCiao",
        "Fr\u{e5}n: Ana\nSkickat: den 1 januari 2024\nTill: Bob\n\u{c4}mne: x\n\nHej",
        "\u{53d1}\u{4ef6}\u{4eba}: Ana\n\u{53d1}\u{9001}\u{65f6}\u{95f4}: 2024\u{5e74}1\u{6708}1\u{65e5}\n\u{6536}\u{4ef6}\u{4eba}: Bob\n\u{4e3b}\u{9898}: x\n\nHello",
        "From: Ana [mailto:ana@x.org] Sent: Monday To: Bob Subject: x\n\nHello",
        "##- Please type your reply above this line -##\n\nYour request (12)",
    ] {
        let text = format!("Mine.\n\n{history}");
        assert_eq!(shape(&text), [('o', "Mine."), ('q', history.trim())], "{history}");
    }
}

#[test]
fn what_only_looks_like_history_is_own() {
    for text in [
        "He wrote:\nI cannot come.\n",
        "On 5 May she wrote:\nplease call me.\n",
        "From: where I stand, all is well.\n\nTo: go on.\n",
        "The original message was lost.\n",
        ">From here on it is text.\n",
        "A: yes\nB: no\nC: perhaps\n",
        "Dear all,\n---\nnews\n",
    ] {
        assert_eq!(shape(text), [('o', text.trim())], "{text}");
    }
}

#[test]
fn what_was_passed_on_is_own() {
    for text in [
        "See below.\n\n---------- Forwarded message ---------\nFrom: Ana <ana@x.org>\nDate: Mon, 1 Jan 2024\nSubject: x\nTo: Bob\n\nHello\n\n-- \nAna\n",
        "Begin forwarded message:\n\n> From: Ana\n> Hello\n",
        "-------- Weitergeleitete Nachricht --------\nBetreff: x\nDatum: Mo\nVon: Ana\nAn: Bob\n\nHallo",
        // Nothing of its own above it.
        "From: Ana <ana@x.org>\nSent: Monday\nTo: Bob\nSubject: x\n\nHello\n",
    ] {
        assert_eq!(shape(text), [('o', text.trim())], "{text}");
    }
}

#[test]
fn signatures() {
    assert_eq!(shape("Hi\n\n-- \nAna\nAcme\n"), [('o', "Hi"), ('s', "-- \nAna\nAcme")]);
    assert_eq!(shape("Hi\n--\nAna\n"), [('o', "Hi"), ('s', "--\nAna")]);
    for line in [
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Gesendet von Mail f\u{fc}r Windows",
        "Envoy\u{e9} de mon iPhone",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Get Outlook for iOS (https://aka.ms/o0ukef)",
        "\u{53d1}\u{81ea}\u{6211}\u{7684}iPhone",
    ] {
        let text =
            format!("Yes.\n\n{line}\n\nOn Mon, 1 Jan 2024 at 10:00, Ana <ana@x.org> wrote:\n> Well?\n");
        let shape = shape(&text);
        assert_eq!(shape[..2], [('o', "Yes."), ('s', line)], "{line}");
        assert_eq!(shape[2].0, 'q');
    }
    // A rule within a long mail is no signature.
    let long = format!("Hi\n--\n{}", "line\n".repeat(60));
    assert_eq!(shape(&long).len(), 1);
    assert_eq!(shape("Sent from my heart to you, and\nmore\nand\nmore\nand\nmore\n").len(), 1);
}

#[test]
fn own_words_for_a_preview() {
    assert_eq!(
        own("Yes.\n\nOn 1 Jan 2024 at 10:00 Ana <a@x> wrote:\n> Well?\n\nThanks\n-- \nBob"),
        "Yes.\n\nThanks"
    );
    assert_eq!(own("> only\n> quoted\n"), "> only\n> quoted");
    assert_eq!(own("  Indented\n"), "  Indented");
    assert_eq!(own(""), "");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_covered(text in "(\\PC|\n|> |-- \n|On 1 Jan 2024 10:00 a@x wrote:\n|From: a\nSent: b\nTo: c\n){0,60}") {
        shape(&text);
        own(&text);
    }
}
