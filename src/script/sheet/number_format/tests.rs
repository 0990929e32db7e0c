use super::*;

fn shown(code: &str, number: f64) -> String {
    match NumberFormat::parse(code).number(number).unwrap() {
        Shown::Text(text) => text,
        Shown::Date(parts) => format!("{parts:?}"),
    }
}

fn refusal(code: &str, number: f64) -> String {
    NumberFormat::parse(code).number(number).unwrap_err()
}

#[test]
fn a_number_without_a_format_has_no_more_digits_than_it_needs() {
    assert_eq!(shown("General", 42.0), "42");
    assert_eq!(shown("General", -3.0), "-3");
    assert_eq!(shown("General", 0.0), "0");
    assert_eq!(shown("General", -0.0), "0");
    assert_eq!(shown("General", 9.5), "9.5");
    assert_eq!(shown("General", 0.1 + 0.2), "0.3");
    assert_eq!(shown("General", 491_701_234_567.0), "491701234567");
    assert_eq!(shown("General", 123_456_789_012_345.0), "123456789012345");
    assert_eq!(shown("General", 0.000_012_5), "0.0000125");
    assert!(shown("General", 1e-40).starts_with("0.000"));
    assert_eq!(shown("@", 1234.56), "1234.56");
    assert_eq!(shown("General\" kg\"", 5.0), "5 kg");
    assert_eq!(shown("", 5.0), "5");
}

#[test]
fn decimals_are_those_that_are_shown() {
    assert_eq!(shown("0.00", 9.5), "9.50");
    assert_eq!(shown("0.00", 9.0), "9.00");
    assert_eq!(shown("0.00", 1.005), "1.01");
    assert_eq!(shown("0.00", 10.0 / 3.0), "3.33");
    assert_eq!(shown("0", 42.0), "42");
    assert_eq!(shown("0", 41.5), "42");
    assert_eq!(shown("0.0##", 1.25), "1.25");
    assert_eq!(shown("0.##", 3.0), "3");
    assert_eq!(shown("#.##", 0.5), "0.5");
    assert_eq!(shown(".00", 0.5), "0.50");
    assert_eq!(shown(".00", 12.5), "12.50");
    assert_eq!(shown("#,###", 0.0), "0");
    assert_eq!(shown("0.00", -0.001), "0.00");
    assert_eq!(shown("0.00", -5.0), "-5.00");
}

#[test]
fn currencies_and_thousands_separators_are_left_out() {
    for code in [
        "#,##0.00",
        "#,##0.00 [$€-407]",
        "#,##0.00\\ \"€\"",
        "\\E\\U\\R\\ #,##0.00",
        "[$CHF]\\ #'##0.00",
        "# ##0.00\\ \"kr\"",
        "#\\ ##0.00",
        "\"$\"#,##0.00_);[Red]\\(\"$\"#,##0.00\\)",
        "_-* #,##0.00 \"€\"_-;-* #,##0.00 \"€\"_-;_-* \"-\"?? \"€\"_-;_-@_-",
    ] {
        assert_eq!(shown(code, 1234.5), "1234.50", "{code}");
    }
    assert_eq!(shown("# ### ##0", 1_234_567.0), "1234567");
}

#[test]
fn a_minus_is_a_minus_however_it_is_shown() {
    for code in [
        "0.00;[Red]0.00",
        "0.00;-0.00",
        "0.00_);(0.00)",
        "\"$\"#,##0.00_);[Red]\\(\"$\"#,##0.00\\)",
        "_-* #,##0.00 \"€\"_-;-* #,##0.00 \"€\"_-;_-* \"-\"?? \"€\"_-;_-@_-",
        "0.00;0.00-",
        "[>=0]0.00;[Red]-0.00",
        "General\"0\";[Red]-General\"0\"",
    ] {
        assert_eq!(shown(code, -1234.5), "-1234.50", "{code}");
    }
    assert_eq!(shown("0;\"minus \"0", -5.0), "-minus 5");
}

#[test]
fn a_dash_of_accountants_is_a_zero() {
    for code in [
        "_-* #,##0.00 \"€\"_-;-* #,##0.00 \"€\"_-;_-* \"-\"?? \"€\"_-;_-@_-",
        "0.00;-0.00;-",
        "0.00;-0.00;\"–\"",
    ] {
        assert_eq!(shown(code, 0.0), "0.00", "{code}");
    }
    assert_eq!(shown("0;-0;\"none\"", 0.0), "none");
    assert_eq!(shown("\"TRUE\";\"TRUE\";\"FALSE\"", 1.0), "TRUE");
}

#[test]
fn leading_zeros_and_texts_are_kept() {
    assert_eq!(shown("00000", 1234.0), "01234");
    assert_eq!(shown("00000", 123_456.0), "123456");
    assert_eq!(shown("000.0", -1.25), "-001.3");
    assert_eq!(shown("00000-0000", 501_234_567.0), "50123-4567");
    assert_eq!(shown("00000\\-0000", 12_345_678.0), "01234-5678");
    assert_eq!(shown("\"+\"0", 491_701_234_567.0), "+491701234567");
    assert_eq!(shown("+0", 5.0), "+5");
    assert_eq!(shown("\"K-\"00000", 42.0), "K-00042");
    assert_eq!(shown("\"L\"-0000", 1234.0), "L-1234");
    assert_eq!(shown("(###) ###-####", 5_551_234_567.0), "(555) 123-4567");
    assert_eq!(shown("000\\ 00\\ 00", 1_234_567.0), "123 45 67");
    assert_eq!(shown("0\" kg\"", 5.0), "5 kg");
    assert_eq!(
        shown("000\\.000\\.000\\-00", 12_345_678_909.0),
        "123.456.789-09"
    );
    let phone = "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####";
    assert_eq!(shown(phone, 5_551_234.0), "555-1234");
    assert_eq!(shown(phone, 2_065_551_234.0), "(206) 555-1234");
}

#[test]
fn a_percentage_is_one() {
    assert_eq!(shown("0%", 0.19), "19%");
    assert_eq!(shown("0.00%", 0.19), "19.00%");
    assert_eq!(shown("0.0 %", 0.075), "7.5%");
    assert_eq!(shown("0\\ %", -0.5), "-50%");
    assert_eq!(shown("0\"%\"", 19.0), "19%");
    assert_eq!(shown("0%", 12.0), "1200%");
}

#[test]
fn a_date_has_the_parts_that_are_shown() {
    let parts = |code: &str| match NumberFormat::parse(code).number(1.5).unwrap() {
        Shown::Date(parts) => {
            let name = |is_there: bool, name| if is_there { name } else { "" };
            name(parts.has_day, "d").to_owned()
                + name(parts.has_time, "t")
                + name(parts.is_elapsed, "e")
        }
        Shown::Text(text) => text,
    };
    assert_eq!(parts("yyyy-mm-dd"), "d");
    assert_eq!(parts("[$-407]d. mmmm yyyy"), "d");
    assert_eq!(parts("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy"), "d");
    assert_eq!(parts("mmm-yy;@"), "d");
    assert_eq!(parts("dd.mm.yyyy hh:mm"), "dt");
    assert_eq!(parts("h:mm AM/PM"), "t");
    assert_eq!(parts("mm:ss.0"), "t");
    assert_eq!(parts("[h]:mm:ss"), "te");
    assert_eq!(parts("[mm]"), "e");
    assert_eq!(parts("yyyy\"年\"m\"月\"d\"日\""), "d");
}

#[test]
fn what_loses_digits_or_hides_them_is_refused() {
    for (code, why) in [
        ("0.00E+00", "power of ten"),
        ("# ?/?", "fraction"),
        ("0,", "in thousands"),
        ("0.0,,\"M\"", "in thousands"),
        (";;;", "hides"),
        ("[DBNum1]0", "other than 0 to 9"),
        ("0 Stk", "unknown format"),
        ("[>100]0;0.0;0.00", "unknown format"),
        ("[>2000]0;[<0]0", "hides"),
    ] {
        let refused = refusal(code, 1234.56);
        assert!(refused.contains(why), "{code}: {refused}");
    }
    assert!(refusal("0;-0;;@", 0.0).contains("hides"));
    assert!(NumberFormat::built_in(59).number(1.0).is_err());
}

#[test]
fn a_number_too_long_to_be_kept_is_refused() {
    assert!(refusal("General", 1e15).contains("more than 15 digits"));
    assert!(refusal("0", 1e300).contains("more than 15 digits"));
    assert!(NumberFormat::general().number(f64::NAN).is_err());
}

#[test]
fn a_text_is_shown_by_its_own_section() {
    let text = |code: &str| NumberFormat::parse(code).text("x".into());
    assert_eq!(text("General").unwrap(), "x");
    assert_eq!(text("0;0;0;@").unwrap(), "x");
    assert_eq!(text("_-@_-").unwrap(), "x");
    assert_eq!(text("\"Mr. \"@").unwrap(), "Mr. x");
    assert!(text(";;;").unwrap_err().contains("hides"));
}

proptest::proptest! {
    #[test]
    fn no_format_breaks_it(code in "[0#?.,%;\"\\\\_*@E+/\\[\\]<>=0-9a-z€ ()-]{0,24}", number in proptest::num::f64::ANY) {
        let format = NumberFormat::parse(&code);
        let _ = format.number(number);
        let _ = format.text("x".into());
    }
}
