//! Events of the Windows event log that were saved or copied as XML.

use std::borrow::Cow;

/// Values of an event that are looked at.
const MOST: usize = 64;

/// The values (`<Data>`) of each event in a text, in the order of the text. Nothing if the text is not XML of events.
pub(crate) fn events(text: &str) -> impl Iterator<Item = Vec<Cow<'_, str>>> {
    let start = text.trim_start();
    let is_xml = ["<?xml", "<Event"].iter().any(|begin| start.starts_with(begin));
    let blocks = text.split("<EventData>").skip(1).filter(move |_| is_xml);
    blocks.map(|block| {
        let (block, _) = block.split_once("</EventData>").unwrap_or((block, ""));
        block.split("<Data").skip(1).take(MOST).filter_map(value).collect()
    })
}

/// The value of an element, from behind its name: `>text</Data>…`, ` Name="x">text</Data>`, `/>`.
fn value(element: &str) -> Option<Cow<'_, str>> {
    let (tag, content) = element.split_once('>')?;
    if tag.ends_with('/') {
        return Some(Cow::Borrowed(""));
    }
    Some(unescaped(content.split("</Data>").next().unwrap_or("")))
}

/// When the first event of a text happened.
pub(crate) fn time(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<TimeCreated SystemTime=")?;
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    rest[1..].split_once(quote).map(|(time, _)| time)
}

/// A text without XML's entities. An unknown one stays as it is.
fn unescaped(text: &str) -> Cow<'_, str> {
    /// Longer than any entity.
    const REACH: usize = 12;
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(REACH).position(|byte| byte == b';');
        match end.and_then(|end| Some((entity(&rest[1..end])?, end))) {
            Some((character, end)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities() {
        assert_eq!(unescaped("List&lt;T&gt;&#xD;&#10;a &amp; b &what; &"), "List<T>\r\na & b &what; &");
    }

    #[test]
    fn values_of_events() {
        let text = "<Events><Event><System><TimeCreated SystemTime='2022-09-09T08:00:00Z'/></System><EventData>\
            <Data>a</Data><Data/><Data Name=\"B\">b &amp; c</Data></EventData></Event>\
            <Event><EventData><Data>d</Data></EventData></Event></Events>";
        assert_eq!(events(text).collect::<Vec<_>>(), [vec!["a", "", "b & c"], vec!["d"]]);
        assert_eq!(time(text), Some("2022-09-09T08:00:00Z"));
        assert_eq!(events("text <EventData><Data>a</Data></EventData>").count(), 0);
    }
}
