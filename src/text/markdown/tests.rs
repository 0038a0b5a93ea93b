//! How Markdown of mails is read.

use super::*;

/// Pieces as a line: `p(` … `)`.
fn golden(source: &str) -> String {
    let mut out = String::new();
    for (piece, _) in read(source) {
        match piece {
            Piece::Open(Part::Paragraph) => out.push_str("p("),
            Piece::Open(Part::Heading(n)) => out.push_str(&format!("h{n}(")),
            Piece::Open(Part::Quote) => out.push_str("q("),
            Piece::Open(Part::Fenced) => out.push_str("pre("),
            Piece::Open(Part::List(None)) => out.push_str("ul("),
            Piece::Open(Part::List(Some(n))) => out.push_str(&format!("ol{n}(")),
            Piece::Open(Part::Item) => out.push_str("li("),
            Piece::Open(Part::Bold) => out.push_str("b("),
            Piece::Open(Part::Italic) => out.push_str("i("),
            Piece::Open(Part::Strike) => out.push_str("s("),
            Piece::Open(Part::Link(to)) => out.push_str(&format!("a[{to}](")),
            Piece::Close => out.push(')'),
            Piece::Text(text) => out.push_str(text),
            Piece::Code(code) => out.push_str(&format!("code({code})")),
            Piece::Image { alt, file } => out.push_str(&format!("img[{file}]({alt})")),
            Piece::Break => out.push('|'),
            Piece::Rule => out.push_str("hr()"),
        }
    }
    out
}

#[test]
fn marks_enclose_words() {
    for (source, pieces) in [
        ("a **b** *c* ~~d~~ `e`\nf", "p(a b(b) i(c) s(d) code(e)|f)"),
        ("***x*** __y__", "p(i(b(x)) b(y))"),
        ("# H\ntext\n## G ##\n\nx", "h1(H)p(text)h2(G)p(x)"),
        ("```rust\nlet a = 1;\n```\nb", "pre(let a = 1;\n)p(b)"),
        ("> ```\n> x\n>  y\n> ```\nb", "q(pre(x\n y\n))p(b)"),
        ("1. a\n2. b\n\n7) c", "ol1(li(a)li(b))ol7(li(c))"),
        ("- a\n\n      set in\n\n- b\n  c", "ul(li(p(a)p(      set in))li(p(b|c)))"),
        ("![alt *x*](a.png) ![](<b c.png>)", "p(img[a.png](alt *x*) img[b c.png]())"),
    ] {
        assert_eq!(golden(source), pieces, "{source}");
    }
}

#[test]
fn a_line_end_is_one_and_ends_what_is_not_carried_on() {
    for (source, pieces) in [
        ("- a\n- b\nThanks\nTom", "ul(li(a)li(b))p(Thanks|Tom)"),
        ("- a\n  - b\n  text\nout", "ul(li(aul(li(b|text))))p(out)"),
        ("> q\n> r\nmine\nmore", "q(p(q|r))p(mine|more)"),
        ("> > a\n> b\nc", "q(q(p(a))p(b))p(c)"),
        ("> - a\n> b", "q(ul(li(a))p(b))"),
        ("text\n---\nmore\n===\nx\n-- \nTom", "p(text)hr()p(more|===|x|--|Tom)"),
        ("- a\nb\n---\nc", "ul(li(a))p(b)hr()p(c)"),
        ("```\n> a\nb\n---\n```", "pre(> a\nb\n---\n)"),
        ("x\\\ny  \nz", "p(x\\|y|z)"),
    ] {
        assert_eq!(golden(source), pieces, "{source}");
    }
}

#[test]
fn links_need_no_brackets_and_lead_somewhere() {
    for (source, pieces) in [
        ("https://a.example/_x_/y, ana@b.example!", {
            "p(a[https://a.example/_x_/y](https://a.example/_x_/y), a[mailto:ana@b.example](ana@b.example)!)"
        }),
        ("[y](https://a.example \"t\") <https://b.example>", {
            "p(a[https://a.example](y) a[https://b.example](https://b.example))"
        }),
        ("**https://a.example** `https://b.example` [https://c.example](https://d.example)", {
            "p(b(a[https://a.example](https://a.example)) code(https://b.example) a[https://d.example](https://c.example))"
        }),
        (
            "http://[::1]:80/ \\https://a.example",
            "p(a[http://[::1]:80/](http://[::1]:80/) \\https://a.example)",
        ),
        (
            "[x](javascript:alert(1)) [**y**](data:z) <script:x>",
            "p([x](javascript:alert(1)) [b(y)](data:z) <script:x>)",
        ),
        (
            "[call](tel:+31201234567) [page](www.a.example)",
            "p(a[tel:+31201234567](call) [page](www.a.example))",
        ),
    ] {
        assert_eq!(golden(source), pieces, "{source}");
    }
}

#[test]
fn what_is_no_mark_stays_as_typed() {
    for source in [
        "C:\\.ssh \\\\server\\share \\d+",
        "&amp; &lt; &nbsp; <br> <b>x</b> <!-- y -->",
        "[1] and [2][3]",
        "2*3*4 10~20 30~40 a_b_c",
        "#",
        "#nospace",
        "[](https://)",
    ] {
        assert_eq!(golden(source), format!("p({source})"), "{source}");
    }
    assert_eq!(golden("<div>\n<b>x</b> **y**\n</div>"), "p(<div>|<b>x</b> **y**|</div>)");
    assert_eq!(golden("[1]: x\n[2]: y"), "p([1]: x|[2]: y)");
    assert_eq!(golden("    set in\n      more"), "p(    set in|      more)");
    assert_eq!(golden("\\*x\\* \\# \\`y\\`"), "p(*x* # `y`)");
    assert_eq!(golden("```\n```"), "p(```|```)");
}
