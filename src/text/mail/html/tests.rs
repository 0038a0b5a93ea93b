//! What HTML of real senders looks like as text.

use super::*;

fn check(cases: &[(&str, &str)]) {
    for (html, want) in cases {
        assert_eq!(to_text(html), *want, "\n{html}");
    }
}

#[test]
fn paragraphs_and_lines() {
    check(&[
        ("", ""),
        ("just words", "just words"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("<div>One</div><div><br></div><div>Two</div>", "One\n\nTwo"),
        ("One<br>Two<br><br>Three<br><br><br><br>Four", "One\nTwo\n\nThree\n\nFour"),
        ("<div>One<br></div><div>Two</div>", "One\nTwo"),
        (
            "<p class=MsoNormal>One</p><p class=MsoNormal>Two</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>Three</p>",
            "One\nTwo\n\nThree",
        ),
        ("<p style='margin:0'>One</p><p style='margin:0'>Two</p>", "One\nTwo"),
        ("<p style='margin:0 0 16px'>One</p><p style='margin:0 0 16px'>Two</p>", "One\n\nTwo"),
        ("<h1>Title</h1>words<h2>More</h2>words", "Title\n\nwords\n\nMore\n\nwords"),
        ("  a\n  b\t<b> c</b> <i>d</i>e ", "a b c de"),
        ("a<hr>b", "a\n----------\nb"),
        ("<html><head><title>x</title><style>p{}</style></head><body>y</body></html>", "y"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("<pre>\nif a {\n    b\n\n}\n</pre>after", "if a {\n    b\n\n}\n\nafter"),
        ("a</br>b", "a\nb"),
        ("sup<sup>2</sup> x<!-- no --> y", "sup2 x y"),
    ]);
}

#[test]
fn lists() {
    check(&[
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ("See:<ol><li>One<li>Two</ol>end", "See:\n\n1. One\n2. Two\n\nend"),
        ("<ol start=3><li>Three</li></ol>", "3. Three"),
        ("<ul><li>One<ul><li>Inner</li></ul></li><li>Two</li></ul>", "- One\n  - Inner\n- Two"),
        ("<ul><li><p>One</p><p>more</p></li><li><p>Two</p></li></ul>", "- One\n\n  more\n\n- Two"),
        ("<ul><li></li><li>x</li></ul>", "- x"),
        ("<li>stray", "- stray"),
    ]);
}

#[test]
fn links_tell_where_they_lead() {
    check(&[
        ("<a href='https://x.example/a'>Open</a> it", "Open (https://x.example/a) it"),
        ("<a href='https://x.example/a'>https://x.example/a</a>", "https://x.example/a"),
        ("<a href='https://www.x.example/'>x.example</a>", "x.example"),
        (
            "<a href='https://evil.example'>https://bank.example</a>",
            "https://bank.example (https://evil.example)",
        ),
        ("<a href='mailto:a@b.example?subject=x'>a@b.example</a>", "a@b.example"),
        ("<a href='mailto:a@b.example'>Write to us</a>", "Write to us (a@b.example)"),
        ("<a href='tel:+31201234567'>+31 20 123 45 67</a>", "+31 20 123 45 67"),
        ("<a href='#top'>Up</a> <a href='javascript:x()'>Run</a> <a href='cid:x'>See</a>", "Up Run See"),
        ("<a href='https://x.example'><img src='https://x.example/p.png' width=20></a>", ""),
        ("<a href='https://x.example/y'><img alt='Our shop'></a>", "[Our shop] (https://x.example/y)"),
        ("<ol><li><a href='http://x.example'>x.example</a></li></ol>", "1. x.example"),
        (
            "<a href='https://x.example/y'><div>One</div><div>Two</div></a>after",
            "One\nTwo (https://x.example/y)\nafter",
        ),
        (
            "<a href='https://a.example'>one<a href='https://b.example'>two</a>",
            "one (https://a.example)two (https://b.example)",
        ),
        ("<a name=x>Anchor</a> text", "Anchor text"),
    ]);
}

#[test]
fn quotations() {
    check(&[
        (
            "<div>On Monday Ana wrote:<br></div><blockquote type=cite><div>Hi</div><div><br></div><div>Bye</div></blockquote>No.",
            "On Monday Ana wrote:\n> Hi\n>\n> Bye\nNo.",
        ),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n> > b"),
        (
            "<blockquote style='margin:0 0 0 40px;border:none;padding:0px'>only moved</blockquote>",
            "only moved",
        ),
        ("<p>x</p><blockquote><p>a</p><p>b</p></blockquote><p>y</p>", "x\n\n> a\n>\n> b\n\ny"),
        ("</blockquote>x", "x"),
    ]);
}

#[test]
fn tables_of_data_are_rows() {
    check(&[
        (
            "<table><tr><th>Item</th><th>Qty</th></tr><tr><td>Shoes, red</td><td>2</td></tr><tr><td>Socks</td><td>10</td></tr></table>",
            "Item       | Qty\nShoes, red | 2\nSocks      | 10",
        ),
        (
            "<table><tr><td>Order:</td><td>1234</td></tr><tr><td>Total:</td><td>\u{20ac} 10</td></tr></table>",
            "Order: 1234\nTotal: \u{20ac} 10",
        ),
        (
            "<table><tr><td>a</td><td></td><td>b</td></tr><tr><td>c</td><td>&nbsp;</td><td>d</td></tr></table>",
            "a | b\nc | d",
        ),
        ("before<table><tr><td>a<td>b<tr><td>c<td>d</table>after", "before\n\na | b\nc | d\n\nafter"),
        (
            "<table><tr><td>\u{4e2d}\u{6587}</td><td>x</td></tr><tr><td>a</td><td>y</td></tr></table>",
            "\u{4e2d}\u{6587} | x\na    | y",
        ),
    ]);
}

#[test]
fn tables_of_layout_are_their_contents() {
    check(&[
        (
            "<table width=600><tr><td><table><tr><td><p>Hello Ana,</p><p>your order is on its way.</p></td></tr></table></td></tr>\
          <tr><td align=center><a href='https://x.example/t'>Track</a></td></tr></table>",
            "Hello Ana,\n\nyour order is on its way.\n\nTrack (https://x.example/t)",
        ),
        ("<table><tr><td><div>one</div><div>two</div></td><td>side</td></tr></table>", "one\ntwo\n\nside"),
        ("<table><tr><td>Home</td><td>Shop</td><td>Help</td></tr></table>", "Home | Shop | Help"),
        ("<blockquote><table><tr><td>a</td></tr><tr><td>b</td></tr></table></blockquote>", "> a\n> b"),
        ("<table><tr><td>never closed", "never closed"),
        ("<td>no table</td>", "no table"),
    ]);
}

#[test]
fn what_is_not_to_be_seen_is_not_there() {
    check(&[
        ("<div style='display:none'>Preview<div>inner</div></div>Seen", "Seen"),
        ("<span style=\"DISPLAY: none !important\">x</span>Seen", "Seen"),
        ("<div style='max-height:0px;overflow:hidden'>x</div>Seen", "Seen"),
        ("<td style='font-size:0px'><span>Seen</span></td>", "Seen"),
        ("<p hidden>x<p>Seen", "Seen"),
        ("<p style='display:none'>x</p><p>Seen</p>", "Seen"),
        ("<table><tr style='display:none'><td>x</td></tr><tr><td>Seen</td></tr></table>", "Seen"),
        (
            "<table><tr><td style='display:none'>x<td>Seen<tr><td>a<td>b</table>",
            "Seen\na    | b".replace("a    | b", "a | b").as_str(),
        ),
        ("<ul><li style='display:none'>x<ul><li>y</li></ul></li><li>Seen</li></ul>", "- Seen"),
        ("a<img src='https://t.example/p.gif' width=1 height=1 alt='pixel'>b", "ab"),
        ("Hi\u{200b}\u{200c}\u{200c} &zwnj;&nbsp;&#847;&zwnj;&nbsp;&shy; there", "Hi there"),
        (
            "\u{1f469}\u{200d}\u{1f4bb} \u{645}\u{6cc}\u{200c}\u{62e}",
            "\u{1f469}\u{200d}\u{1f4bb} \u{645}\u{6cc}\u{200c}\u{62e}",
        ),
        ("<select><option>a<option>b</select>c<video src=x />d", "cd"),
        ("<!--[if mso]><p>Outlook</p><![endif]-->Seen<![if !mso]> too<![endif]>", "Seen too"),
        // All of it hidden by mistake: then it is shown.
        ("<div style='display:none'>Only this", "Only this"),
    ]);
}

#[test]
fn images_are_what_they_are_called() {
    check(&[
        ("<img src='cid:a' alt='A map'>", "[A map]"),
        ("<img src=x>", ""),
        ("Thanks <img alt='\u{1f600}'>", "Thanks \u{1f600}"),
    ]);
}

#[test]
fn parts_that_are_shown_are_known() {
    let html = "<img src=\"cid:a%40x\"><td background='CID:b@x'><i style=\"background:url(cid:c@x)\"><img src=cid:d@x>";
    let mut shown: Vec<String> = shown_parts(html).into_iter().collect();
    shown.sort();
    assert_eq!(shown, ["a@x", "b@x", "c@x", "d@x"]);
}

#[test]
fn any_nesting_costs_what_its_length_costs() {
    for html in [
        "<div>".repeat(200_000),
        "<table><tr><td>".repeat(60_000),
        "<b><i><font color=x>".repeat(40_000),
        format!("{}x{}", "<blockquote>".repeat(50_000), "</div>".repeat(100_000)),
        "<ul><li>".repeat(100_000) + "x",
        "<a href=x".repeat(100_000),
        "<a =\">\"".repeat(140_000),
        "<!--".repeat(250_000),
        "&".repeat(1_000_000),
        "<p style='display:none'>".repeat(40_000),
        "<table><tr><td>x</table>".repeat(40_000),
        "<li>a".repeat(200_000),
        "<".repeat(1_000_000),
        "</".repeat(500_000),
        "<style>".repeat(150_000),
        "cid:".repeat(250_000),
    ] {
        let text = to_text(&html);
        assert!(text.len() <= 24 * html.len() + 64);
        shown_parts(&html);
    }
}
