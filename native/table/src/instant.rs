//! Instants of inputs, as text.

/// Milliseconds since 1970 (UTC) of `2022-09-09T08:11:12.5Z`; a time without a zone is UTC. `None` if it is another text.
///
/// The forms are those of ISO 8601 that inputs use: a space instead of `T` and before the zone, any number of decimals, and zones as
/// `Z`, `+02:00`, `+0200` and `+02`.
pub(crate) fn milliseconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let days = days(date)?;
    let Some(rest) = rest.strip_prefix(['T', 't', ' ']) else {
        return if rest.is_empty() { Some(days * 86_400_000) } else { None };
    };
    let (hour, minute) = (number(rest.get(..2)?)?, number(rest.get(3..5)?)?);
    let mut rest = rest.get(2..3).filter(|colon| *colon == ":").and_then(|_| rest.get(5..))?;
    let mut second = 0;
    let mut thousandths = 0;
    if let Some(seconds) = rest.strip_prefix(':') {
        second = number(seconds.get(..2)?)?;
        rest = seconds.get(2..)?;
        if let Some(decimals) = rest.strip_prefix(['.', ',']) {
            let end = decimals.find(|c: char| !c.is_ascii_digit()).unwrap_or(decimals.len());
            let digits = decimals.get(..end.min(3)).filter(|digits| !digits.is_empty())?;
            thousandths = number(digits)? * [100, 10, 1].get(digits.len() - 1)?;
            rest = decimals.get(end..)?;
        }
    }
    // 60 is a leap second, which is the first of the next minute.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let zone = zone_minutes(rest.trim_start())?;
    Some(((days * 24 + hour) * 60 + minute - zone) * 60_000 + second * 1_000 + thousandths)
}

/// Days since 1970 of `2022-09-09`, by the proleptic Gregorian calendar.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if day < 1 || day > longest {
        return None;
    }
    // With the year starting in March, the leap day is its last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// Minutes east of UTC.
fn zone_minutes(zone: &str) -> Option<i64> {
    if matches!(zone, "" | "Z" | "z") {
        return Some(0);
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = (number(digits.get(..2)?)?, digits.get(2..)?);
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    let minutes = if minutes.is_empty() { 0 } else { number(minutes).filter(|_| minutes.len() == 2)? };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// The number of decimal digits alone.
fn number(digits: &str) -> Option<i64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn known_instants() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01", Some(0)),
            ("2000-02-28T23:59:59Z", Some(951_782_399_000)),
            ("2000-02-29T00:00:00Z", Some(951_782_400_000)),
            ("2020-11-19T09:50:38Z", Some(1_605_779_438_000)),
            ("2022-09-09T08:11:12.000000000Z", Some(1_662_711_072_000)),
            ("2022-09-09 08:11:12.25 +0200", Some(1_662_703_872_250)),
            ("2022-09-09 08:11:12,5-02:30", Some(1_662_720_072_500)),
            ("2022-09-09T08:11+01", Some(1_662_707_460_000)),
            ("1969-12-31T23:59:59.999Z", Some(-1)),
            ("0000-03-01T00:00:00Z", Some(-62_162_035_200_000)),
            ("2016-12-31T23:59:60Z", Some(1_483_228_800_000)),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_instants() {
        for text in [
            "",
            "now",
            "2022",
            "2022-13-01",
            "2022-02-29",
            "2022-02-29T00:00:00Z",
            "2022-09-09T",
            "2022-09-09T08",
            "2022-09-09T24:00:00Z",
            "2022-09-09T08:11:12.Z",
            "2022-09-09T08:11:12 CEST",
            "2022-09-09T08:11:12+2",
            "2022-09-09T08:11:12+02:0",
            "+022-09-09T08:11:12Z",
            "2022-09-09T08-11:12Z",
            "２０２２-09-09",
            "2022-09-0９T08:11:12Z",
            "2022-09-09T08:11:12é",
        ] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
