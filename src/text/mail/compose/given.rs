//! HTML that was given instead of words: a template, or what another program made. What acts by itself goes, and what loads
//! by itself but for pictures of the web, which its maker chose.

use super::pictures::Pictures;
use ammonia::{Builder, UrlRelative, UrlRelativeEvaluate};
use std::borrow::Cow;
use std::collections::HashMap;

/// Attributes of looks that mails use and that load nothing.
const LOOKS: [&str; 13] = [
    "align",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "class",
    "color",
    "dir",
    "face",
    "height",
    "size",
    "style",
    "valign",
];

/// Properties of CSS that change looks within their place: nothing covers other things, and nothing is hidden.
const PROPERTIES: [&str; 42] = [
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "color",
    "direction",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
];

/// What is no whole address is the name of a picture that goes along, or nothing.
struct ByName<'a>(&'a Pictures<'a>);

impl<'a> UrlRelativeEvaluate<'a> for ByName<'a> {
    fn evaluate<'url>(&self, url: &'url str) -> Option<Cow<'url, str>> {
        self.0.find(url).map(|at| Cow::Owned(format!("cid:{}", self.0.cid(at))))
    }
}

/// The HTML that may leave, as what stands in a body. Pictures called by the names of files that go along are shown and noted.
pub(super) fn html(given: &str, pictures: &mut Pictures<'_>) -> String {
    let mut builder = Builder::default();
    builder
        .add_tags(["font"])
        .add_clean_content_tags(["title"])
        .add_generic_attributes(LOOKS)
        .add_tag_attributes("td", ["colspan", "rowspan", "width"])
        .add_tag_attributes("table", ["width", "role"])
        .add_tag_attributes("img", ["width"])
        .url_schemes(["http", "https", "mailto", "tel", "cid"].into())
        .filter_style_properties(PROPERTIES.into())
        .link_rel(None);
    builder.url_relative(UrlRelative::Custom(Box::new(ByName(pictures))));
    // Also where the name stands as it would in a mail.
    let named: HashMap<String, String> = (0..pictures.count())
        .rev()
        .filter(|at| pictures.find(pictures.name(*at)).is_some())
        .map(|at| (pictures.name(at).to_lowercase(), format!("cid:{}", pictures.cid(at))))
        .collect();
    builder.attribute_filter(move |_, attribute, value| {
        let name = value.strip_prefix("cid:").filter(|_| attribute == "src").map(str::to_lowercase);
        let cid = name.and_then(|name| named.get(&name));
        Some(cid.map_or(Cow::Borrowed(value), |cid| Cow::Owned(cid.clone())))
    });
    // A picture that may not be loaded leaves nothing.
    let clean = builder.clean(given).to_string().replace("<img>", "");
    drop(builder);
    for at in 0..pictures.count() {
        if clean.contains(&format!("cid:{}", pictures.cid(at))) {
            pictures.show(at);
        }
    }
    clean
}
