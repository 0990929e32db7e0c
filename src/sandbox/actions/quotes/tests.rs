use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::sandbox::reply::{Answer, Fields, Value};
use crate::sandbox::store::Store;
use crate::sandbox::testing::{
    answer, change, column, count, is_complete, json, records, refuses, store,
};

const FRUIT: &[&[(&str, &str)]] = &[
    &[
        ("desc", "Äpfel"),
        ("qty", "1"),
        ("up", "1.23"),
        ("taxable", "1"),
    ],
    &[
        ("desc", "Pears"),
        ("qty", "3"),
        ("up", "5"),
        ("discount", "2.5"),
    ],
];

/// A parameter as PHP's `serialize` and base64 make it, ready for a query.
fn lineitems(lines: &[&[(&str, &str)]]) -> String {
    let text = |text: &str| format!("s:{}:\"{text}\";", text.len());
    let map = |line: &[(&str, &str)]| {
        let pairs: Vec<String> = line
            .iter()
            .map(|(name, value)| text(name) + &text(value))
            .collect();
        format!("a:{}:{{{}}}", line.len(), pairs.concat())
    };
    let maps: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| format!("i:{at};{}", map(line)))
        .collect();
    let php = format!("a:{}:{{{}}}", lines.len(), maps.concat());
    let encoded = BASE64_STANDARD.encode(php).replace('+', "%2B");
    format!("&lineitems={encoded}")
}

fn create(store: &Store, query: &str) -> Answer {
    let all = format!("subject=Fruit&stage=Draft&validuntil=2099-01-31&{query}");
    let reply = answer(store, "CreateQuote", &all);
    assert_eq!(reply.text("result"), "success", "{reply:?}");
    reply
}

fn quote(store: &Store, id: i64) -> Fields {
    let reply = answer(store, "GetQuotes", &format!("quoteid={id}"));
    records(&reply, "quotes.quote").remove(0)
}

fn with_fruit() -> Store {
    let store = store();
    create(&store, &format!("userid=1{}", lineitems(FRUIT)));
    store
}

fn mails(store: &Store, client: i64) -> Vec<String> {
    let sql = "SELECT recipient || ' / ' || subject || ' / ' || message FROM emails WHERE client_id = ?1 ORDER BY id";
    store
        .transact(|db| Ok(db.values(sql, [client])?))
        .expect("reads")
}

#[test]
fn a_quote_for_a_client_shows_the_client_its_lines_and_their_sum() {
    let store = with_fruit();
    let reply = answer(&store, "GetQuotes", "");
    is_complete("GetQuotes", &reply);
    let quote = quote(&store, 1);
    for (name, value) in [
        ("subject", "Fruit"),
        ("stage", "Draft"),
        ("validuntil", "2099-01-31"),
        ("firstname", ""),
        ("country", "US"),
        ("subtotal", "15.86"),
        ("tax1", "0.00"),
        ("total", "15.86"),
        ("datesent", "0000-00-00"),
        ("dateaccepted", "0000-00-00"),
    ] {
        assert_eq!(quote.text(name), value, "{name}");
    }
    assert_eq!(quote.int("currency"), 2);
    let items = column(&reply, "quotes.quote", "userid");
    assert_eq!(items, ["1"]);
    let text = json(&store, "GetQuotes", "");
    for part in [
        r#""client":{"id":1,"firstname":"Zo\u00eb""#,
        r#""items":{"item":[{"id":1,"description":"\u00c4pfel","quantity":"1","unitprice":"1.23","discount":"0.00","taxable":1}"#,
        r#"{"id":2,"description":"Pears","quantity":"3","unitprice":"5.00","discount":"2.50","taxable":0}]}"#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_quote_for_nobody_yet_keeps_the_name_it_was_given() {
    let store = store();
    assert_eq!(
        create(
            &store,
            "firstname=Ada&lastname=Lace&currency=2&datecreated=2026-01-02"
        ),
        Answer::success().with("quoteid", "1")
    );
    create(&store, "userid=999");
    let ada = quote(&store, 1);
    assert_eq!(ada.get("client"), Some(&Value::Null));
    assert_eq!((ada.int("userid"), ada.int("currency")), (0, 2));
    assert_eq!(
        (ada.text("firstname"), ada.text("datecreated")),
        ("Ada", "2026-01-02")
    );
    assert_eq!(ada.text("total"), "0.00");
    assert_eq!(quote(&store, 2).int("userid"), 0);
}

#[test]
fn what_a_quote_needs_is_asked_for_in_the_order_of_the_reference() {
    let store = store();
    refuses(
        &store,
        "CreateQuote",
        &[
            ("", "Subject is required"),
            ("subject=x", "Invalid Stage"),
            ("subject=x&stage=Won", "Invalid Stage"),
            ("subject=x&stage=draft", "Valid Until is required"),
        ],
    );
    assert_eq!(count(&store, "SELECT COUNT(*) FROM quotes"), 0);
}

#[test]
fn days_are_read_as_the_server_writes_them_or_as_the_reference_does() {
    let store = store();
    for (id, format, day) in [
        (1, "MM/DD/YYYY", "12/31/2026"),
        (2, "YYYY-MM-DD", "31/12/2026"),
        (3, "YYYY-MM-DD", "2026-12-31"),
    ] {
        let setting = format!("setting=DateFormat&value={format}");
        answer(&store, "SetConfigurationValue", &setting);
        let query = format!("subject=x&stage=Dead&validuntil={day}&datecreated={day}");
        answer(&store, "CreateQuote", &query);
        let quote = quote(&store, id);
        assert_eq!(quote.text("validuntil"), "2026-12-31", "{day}");
        assert_eq!(quote.text("datecreated"), "2026-12-31", "{day}");
    }
}

#[test]
fn quotes_are_found_by_what_is_asked_for_the_newest_first() {
    let store = with_fruit();
    create(&store, "subject=Later&userid=2");
    create(&store, "firstname=Ada");
    change(
        &store,
        "UPDATE quotes SET stage = 'On Hold', validuntil = '2030-01-01', datecreated = '2020-01-01', \
         lastmodified = '2020-02-02', subject = 'Nuts' WHERE id = 2",
    );
    for (query, found) in [
        ("", vec!["3", "2", "1"]),
        ("limitstart=1&limitnum=1", vec!["2"]),
        ("quoteid=1", vec!["1"]),
        ("userid=2", vec!["2"]),
        ("subject=nuts", vec!["2"]),
        ("subject=Nut", vec![]),
        ("stage=on+hold", vec!["2"]),
        ("validuntil=2030-01-01", vec!["2"]),
        ("datecreated=2020-01-01", vec!["2"]),
        ("lastmodified=2020-02-02", vec!["2"]),
    ] {
        let reply = answer(&store, "GetQuotes", query);
        assert_eq!(column(&reply, "quotes.quote", "id"), found, "{query}");
    }
    assert_eq!(
        answer(&store, "GetQuotes", "limitnum=1").int("totalresults"),
        3
    );
}

#[test]
fn an_update_changes_what_was_sent_and_nothing_else() {
    let store = with_fruit();
    change(&store, "UPDATE quotes SET lastmodified = '2020-01-01'");
    let change = "quoteid=1&stage=on+hold&proposal=Buy&validuntil=2099-02-01";
    assert_eq!(answer(&store, "UpdateQuote", change), Answer::success());
    let changed = quote(&store, 1);
    for (name, value) in [
        ("subject", "Fruit"),
        ("stage", "On Hold"),
        ("proposal", "Buy"),
        ("validuntil", "2099-02-01"),
        ("total", "15.86"),
    ] {
        assert_eq!(changed.text(name), value, "{name}");
    }
    assert_ne!(changed.text("lastmodified"), "2020-01-01");
    answer(&store, "UpdateQuote", "quoteid=1&userid=3&subject=");
    let changed = quote(&store, 1);
    assert_eq!((changed.int("userid"), changed.int("currency")), (3, 1));
    assert_eq!(changed.text("subject"), "");
    refuses(
        &store,
        "UpdateQuote",
        &[
            ("quoteid=9", "Quote ID Not Found"),
            ("quoteid=1&stage=Won", "Invalid Stage"),
        ],
    );
}

#[test]
fn lines_are_changed_by_id_and_added_without_one() {
    let store = with_fruit();
    create(&store, &lineitems(&[&[("desc", "Other"), ("up", "7")]]));
    let lines = lineitems(&[
        &[("id", "2"), ("qty", "4"), ("discount", "0")],
        &[("id", "3"), ("up", "1")],
        &[("desc", "Plums"), ("qty", "2"), ("up", "0.5")],
    ]);
    answer(&store, "UpdateQuote", &format!("quoteid=1{lines}"));
    let reply = answer(&store, "GetQuotes", "quoteid=1");
    let Some(Value::Map(items)) = records(&reply, "quotes.quote")[0].get("items").cloned() else {
        panic!("no items");
    };
    assert_eq!(
        column(&items, "item", "description"),
        ["Äpfel", "Pears", "Plums"]
    );
    assert_eq!(column(&items, "item", "quantity"), ["1", "4", "2"]);
    assert_eq!(quote(&store, 1).text("total"), "22.23");
    assert_eq!(quote(&store, 2).text("total"), "7.00");
}

#[test]
fn a_sent_quote_is_delivered_to_its_client_or_its_own_address() {
    let store = with_fruit();
    create(
        &store,
        "firstname=Ada&lastname=Lace&email=ada%40example.org",
    );
    create(&store, "firstname=Nobody");
    for id in 1..=3 {
        let reply = answer(&store, "SendQuote", &format!("quoteid={id}"));
        assert_eq!(reply, Answer::success());
        assert_eq!(quote(&store, id).text("stage"), "Delivered");
        assert_ne!(quote(&store, id).text("datesent"), "0000-00-00");
    }
    let zoe = mails(&store, 1);
    assert_eq!(zoe.len(), 1);
    assert!(zoe[0].contains("/ Quote #1: Fruit /"), "{zoe:?}");
    assert!(
        zoe[0].contains("\u{20ac}15.86 EUR, valid until 2099-01-31"),
        "{zoe:?}"
    );
    let others = mails(&store, 0);
    assert_eq!(others.len(), 1, "{others:?}");
    assert!(
        others[0].starts_with("ada@example.org / Quote #2"),
        "{others:?}"
    );
    assert!(others[0].contains("Dear Ada Lace"), "{others:?}");
    refuses(&store, "SendQuote", &[("quoteid=9", "Quote ID Not Found")]);
}

#[test]
fn an_accepted_quote_becomes_an_invoice_with_its_lines() {
    let store = with_fruit();
    let before = count(&store, "SELECT MAX(id) FROM invoices");
    let reply = answer(&store, "AcceptQuote", "quoteid=1");
    is_complete("AcceptQuote", &reply);
    let id = reply.int("invoiceid");
    assert_eq!(id, before + 1);
    let invoice = answer(&store, "GetInvoice", &format!("invoiceid={id}"));
    assert_eq!(invoice.int("userid"), 1);
    assert_eq!(
        (invoice.text("status"), invoice.text("total")),
        ("Unpaid", "15.86")
    );
    assert_eq!(
        column(&invoice, "items.item", "description"),
        ["Äpfel", "3 x Pears @ 5.00 - 2.50% Discount"]
    );
    assert_eq!(column(&invoice, "items.item", "amount"), ["1.23", "14.63"]);
    let accepted = quote(&store, 1);
    assert_eq!(accepted.text("stage"), "Accepted");
    assert_ne!(accepted.text("dateaccepted"), "0000-00-00");
    assert_eq!(mails(&store, 1).len(), 2);
    refuses(
        &store,
        "AcceptQuote",
        &[("quoteid=9", "Quote ID Not Found")],
    );
}

#[test]
fn accepting_makes_a_client_of_whoever_is_none_yet() {
    let store = store();
    create(
        &store,
        "firstname=Ada&lastname=Lace&email=ada%40example.org&city=Ulm&currency=2",
    );
    create(&store, "email=martin%40price-beier.example");
    answer(&store, "AcceptQuote", "quoteid=1");
    answer(&store, "AcceptQuote", "quoteid=2");
    assert_eq!(quote(&store, 1).int("userid"), 7);
    assert_eq!(quote(&store, 2).int("userid"), 3);
    let ada = answer(&store, "GetClientsDetails", "clientid=7");
    assert_eq!(
        (ada.text("fullname"), ada.text("city")),
        ("Ada Lace", "Ulm")
    );
    let owners = "SELECT COUNT(*) FROM user_clients l JOIN users u ON u.id = l.user_id \
                  WHERE l.client_id = 7 AND l.owner = 1 AND u.email = 'ada@example.org'";
    assert_eq!(count(&store, owners), 1);
    assert_eq!(
        count(&store, "SELECT COUNT(*) FROM invoices WHERE client_id = 7"),
        1
    );
}

#[test]
fn a_deleted_quote_is_gone_with_its_lines_as_with_its_client() {
    let store = with_fruit();
    create(&store, &format!("userid=1{}", lineitems(FRUIT)));
    assert_eq!(
        answer(&store, "DeleteQuote", "quoteid=1"),
        Answer::success()
    );
    refuses(
        &store,
        "DeleteQuote",
        &[("quoteid=1", "Quote ID Not Found")],
    );
    assert_eq!(count(&store, "SELECT COUNT(*) FROM quote_items"), 2);
    answer(&store, "DeleteClient", "clientid=1");
    let left = "SELECT (SELECT COUNT(*) FROM quotes) + (SELECT COUNT(*) FROM quote_items)";
    assert_eq!(count(&store, left), 0);
}

#[test]
fn quotes_that_can_still_be_accepted_are_counted() {
    let store = with_fruit();
    create(&store, "stage=Lost");
    create(&store, "stage=Delivered");
    create(&store, "validuntil=2020-01-01");
    assert_eq!(answer(&store, "GetStats", "").int("quotes_valid"), 2);
}
