//! HTML's character references, as they stand in the source of a page or in a forum's export.

use super::begins_like_json;

/// References of the characters that reports have; the ampersand's comes last in a text that was escaped twice.
const REFERENCES: [(&str, &str); 10] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&nbsp;", " "),
    ("&apos;", "'"),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&#34;", "\""),
    ("&#160;", " "),
    ("&amp;", "&"),
];
/// Tags that such a source has around lines.
const TAGS: [&str; 9] = ["<br>", "<br/>", "<br />", "<pre>", "</pre>", "<code>", "</code>", "<p>", "</p>"];

/// The text with the characters. JSON whose strings have references is left alone: there they are data.
pub(super) fn clean(text: &str) -> Option<String> {
    let is_json =
        begins_like_json(text) && !text.trim_start_matches(['{', '[', ' ', '\n', '\r', '\t']).starts_with('&');
    // One alone may be part of a message; an image's identifier has two.
    if is_json || text.match_indices('&').filter(|&(at, _)| reference(&text[at..]).is_some()).nth(1).is_none() {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<']) {
        clean.push_str(&rest[..at]);
        rest = &rest[at..];
        let tag = || TAGS.iter().find(|tag| rest.starts_with(**tag)).map(|tag| (*tag, ""));
        let (written, meant) = reference(rest).or_else(tag).unwrap_or((&rest[..1], &rest[..1]));
        clean.push_str(meant);
        rest = &rest[written.len()..];
    }
    clean.push_str(rest);
    Some(clean)
}

fn reference(text: &str) -> Option<(&'static str, &'static str)> {
    REFERENCES.iter().find(|(written, _)| text.starts_with(written)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let image = "0x1 - 0x2 App arm64  &lt;aa&gt; /A&amp;B\n&quot;x&quot;<br>\n";
        assert_eq!(clean(image).as_deref(), Some("0x1 - 0x2 App arm64  <aa> /A&B\n\"x\"\n"));
        assert_eq!(clean("a message with &lt;b> & more"), None);
        assert_eq!(clean("{\"a\": \"&lt;&gt;&lt;&gt;&lt;\"}"), None);
        assert_eq!(clean("{&quot;a&quot;: &quot;b&quot;}").as_deref(), Some("{\"a\": \"b\"}"));
    }
}
