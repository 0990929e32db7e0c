//! `CreateOrUpdateTLD`: what is sold with an extension, and at which prices.
//!
//! Prices come in one currency and are kept in all, converted by the rates. A list of
//! prices that is sent takes the place of the one before it.

use rusqlite::params;

use crate::sandbox::call::{Call, intval};
use crate::sandbox::changes::Changes;
use crate::sandbox::money::Money;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;
use crate::sandbox::tree::{Array, Tree};

const LISTS: [&str; 3] = ["register", "renew", "transfer"];
const FLAGS: &[(&str, &str)] = &[
    ("id_protection", "idprotection"),
    ("dns_management", "dnsmanagement"),
    ("email_forwarding", "emailforwarding"),
    ("epp_required", "eppcode"),
];
const DAYS: &[(&str, &str)] = &[
    ("grace_period_days", "grace_days"),
    ("redemption_period_days", "redemption_days"),
];
const FEES: [(&str, &str); 2] = [
    ("grace_period_fee", "grace"),
    ("redemption_period_fee", "redemption"),
];
const LABELS: &[&str] = &["hot", "new", "sale"];

/// Prices of one kind as they were sent: years and amount.
struct List {
    kind: &'static str,
    prices: Vec<(i64, Money)>,
}

/// Makes an extension or changes what was sent of it.
pub fn create_or_update_tld(call: &Call) -> Result<Answer, Refusal> {
    let extension = call.required("extension", "Extension is required")?;
    let extension = format!(".{}", extension.trim().trim_start_matches('.')).to_lowercase();
    let registrar = registrar(call)?;
    let currency = currency(call)?;
    let lists = lists(call)?;
    let label = label(call)?;
    let id = find_or_insert(call, &extension)?;
    let mut changes = Changes::default();
    for (name, column) in FLAGS {
        if let Some(flag) = call.sent_flag(name) {
            changes.set(column, i64::from(flag));
        }
    }
    for (name, column) in DAYS {
        if let Some(days) = call.given_int(name) {
            changes.set(column, days.max(0));
        }
    }
    if let Some(registrar) = registrar {
        changes.set("registrar", registrar);
    }
    if let Some(label) = label {
        changes.set("label", label);
    }
    changes.apply(call, "tlds", id)?;
    for list in lists {
        keep(call, id, &currency, &list)?;
    }
    place_after(call, id)?;
    call.log(0, &format!("Domain Pricing Changed: {extension}"))?;
    Ok(Answer::success()
        .with("extension", extension)
        .with("id", id.to_string()))
}

/// The registrar that was sent, if one was; empty takes it away.
fn registrar(call: &Call) -> Result<Option<String>, Refusal> {
    let Some(wanted) = call.sent("auto_registrar") else {
        return Ok(None);
    };
    if wanted.is_empty() {
        return Ok(Some(String::new()));
    }
    let active: Vec<String> = call
        .db
        .values("SELECT module FROM registrars ORDER BY module", ())?;
    if active.is_empty() {
        return refuse("No Active Registrars - auto_registrar value cannot be defined");
    }
    match active.iter().find(|name| name.eq_ignore_ascii_case(wanted)) {
        Some(name) => Ok(Some(name.clone())),
        None => refuse(format!(
            "Invalid auto_registrar value. Must be empty or one of: {}",
            active.join(", ")
        )),
    }
}

/// The rate of the currency that the prices are in; they need one.
fn currency(call: &Call) -> Result<String, Refusal> {
    let is_sent = |name: &str| match call.raw(name) {
        Some(Tree::Text(text)) => !text.is_empty(),
        Some(Tree::Array(array)) => !array.is_empty(),
        None => false,
    };
    let fees = FEES.map(|(name, _)| name);
    let is_priced = LISTS.into_iter().chain(fees).any(is_sent);
    let Some(code) = call.given("currency_code") else {
        return if is_priced {
            refuse("Variable currency_code is required when defining pricing")
        } else {
            Ok(String::new())
        };
    };
    let rate = call.db.value(
        "SELECT rate FROM currencies WHERE code = ?1 COLLATE NOCASE",
        [code],
    )?;
    if let Some(rate) = rate {
        return Ok(rate);
    }
    let codes: Vec<String> = call
        .db
        .values("SELECT code FROM currencies ORDER BY id", ())?;
    refuse(format!(
        "Provided currency_code value does not exist. Must be one of: {}",
        codes.join(", ")
    ))
}

fn lists(call: &Call) -> Result<Vec<List>, Refusal> {
    let mut sent = Vec::new();
    for kind in LISTS {
        match call.raw(kind) {
            Some(Tree::Array(array)) => sent.push((kind, array)),
            Some(Tree::Text(text)) if !text.is_empty() => {
                return refuse("Parameters register, renew and transfer must be arrays");
            }
            _ => {}
        }
    }
    let mut lists = Vec::new();
    for (kind, array) in sent {
        lists.push(list(kind, array)?);
    }
    for (name, kind) in FEES {
        if let Some(fee) = call.money(name) {
            let prices = vec![(0, fee)];
            lists.push(List { kind, prices });
        }
    }
    Ok(lists)
}

fn list(kind: &'static str, array: &Array) -> Result<List, Refusal> {
    let longest = if kind == "renew" { 9 } else { 10 };
    if kind == "transfer" && array.len() > 1 {
        return refuse("Only one transfer period can be defined");
    }
    let mut prices = Vec::new();
    for (years, amount) in array.iter() {
        let years = intval(years);
        if years > longest {
            return refuse(format!("The maximum {kind} period is {longest} years"));
        }
        if let Some(amount) = amount.text().and_then(|text| text.parse().ok())
            && years > 0
        {
            prices.push((years, amount));
        }
    }
    Ok(List { kind, prices })
}

/// The label that was sent, if one was, as the shop has it; empty takes it away.
fn label(call: &Call) -> Result<Option<String>, Refusal> {
    let Some(sent) = call.sent("group") else {
        return Ok(None);
    };
    let label = sent.to_lowercase();
    if !label.is_empty() && label != "none" && !LABELS.contains(&label.as_str()) {
        return refuse(format!(
            "Invalid group parameter: {sent}. Should be one of HOT, NEW, SALE"
        ));
    }
    Ok(Some(label.replace("none", "")))
}

fn find_or_insert(call: &Call, extension: &str) -> rusqlite::Result<i64> {
    let found = call
        .db
        .value("SELECT id FROM tlds WHERE extension = ?1", [extension])?;
    if let Some(id) = found {
        return Ok(id);
    }
    let last: Option<i64> = call
        .db
        .value("SELECT COALESCE(MAX(position), 0) FROM tlds", ())?;
    call.db.insert(
        "tlds",
        &[
            ("extension", &extension),
            ("registrar", &""),
            ("eppcode", &0),
            ("position", &(last.unwrap_or(0) + 1)),
        ],
    )
}

/// Puts prices in the place of those of their kind, in every currency.
fn keep(call: &Call, tld: i64, from: &str, list: &List) -> rusqlite::Result<()> {
    call.db.run(
        "DELETE FROM tld_prices WHERE tld_id = ?1 AND kind = ?2",
        params![tld, list.kind],
    )?;
    let currencies = call.db.rows("SELECT id, rate FROM currencies", (), |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    for (currency, rate) in currencies {
        for (years, amount) in &list.prices {
            let price = if *amount < Money::ZERO {
                Money::NOT_OFFERED
            } else {
                amount.exchanged(from, &rate)
            };
            call.db.run(
                "INSERT OR REPLACE INTO tld_prices (tld_id, currency, kind, years, price) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![tld, currency, list.kind, years, price],
            )?;
        }
    }
    Ok(())
}

/// Moves an extension behind the one a call names, when there is such a one.
fn place_after(call: &Call, tld: i64) -> rusqlite::Result<()> {
    let Some(before) = call.given("display_after") else {
        return Ok(());
    };
    let before = format!(".{}", before.trim_start_matches('.')).to_lowercase();
    let position: Option<i64> = call.db.value(
        "SELECT position FROM tlds WHERE extension = ?1 AND id <> ?2",
        params![before, tld],
    )?;
    if let Some(position) = position {
        call.db.run(
            "UPDATE tlds SET position = position + 1 WHERE position > ?1",
            [position],
        )?;
        call.db
            .update("tlds", tld, &[("position", &(position + 1))])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Value;
    use crate::sandbox::testing::{answer, change, json, refuses, store};

    #[test]
    fn a_new_extension_is_sold_at_once_in_every_currency() {
        let store = store();
        let create = "extension=.Shop&id_protection=1&auto_registrar=enom&group=HOT&currency_code=USD\
                      &register[1]=10&register[2]=18.5&renew[1]=11&transfer[1]=9&grace_period_days=30\
                      &grace_period_fee=5&redemption_period_fee=-1&display_after=com";
        assert_eq!(
            json(&store, "CreateOrUpdateTLD", create),
            r#"{"result":"success","extension":".shop","id":5}"#
        );
        let reply = json(&store, "GetTLDPricing", "currencyid=2");
        let entry = r#""shop":{"tld":"shop","categories":["gTLD"],"addons":{"dns":false,"email":false,"idprotect":true},"group":"hot","register":{"1":"9.20","2":"17.02"},"transfer":{"1":"8.28"},"renew":{"1":"10.12"},"grace_period":{"days":30,"price":"4.60"},"redemption_period":null},"net":"#;
        assert!(reply.contains(entry), "{reply}");
        let order = "clientid=3&paymentmethod=paypal&domain[0]=my.shop&domaintype[0]=register&regperiod[0]=2";
        let order = answer(&store, "AddOrder", order);
        let invoice = format!("invoiceid={}", order.text("invoiceid"));
        assert_eq!(
            answer(&store, "GetInvoice", &invoice).text("total"),
            "18.50"
        );
        let domain = format!("domainid={}", order.text("domainids"));
        assert_eq!(
            answer(&store, "DomainRegister", &domain).text("result"),
            "success"
        );
    }

    #[test]
    fn an_extension_changes_only_where_told() {
        let store = store();
        let entry = || {
            let reply = answer(&store, "GetTLDPricing", "");
            match reply.get("pricing") {
                Some(Value::Map(pricing)) => pricing.get("eu").cloned(),
                other => panic!("{other:?}"),
            }
        };
        let before = entry();
        answer(&store, "CreateOrUpdateTLD", "extension=eu");
        assert_eq!(entry(), before);
        answer(
            &store,
            "CreateOrUpdateTLD",
            "extension=.eu&currency_code=usd&register[1]=3",
        );
        let Some(Value::Map(after)) = entry() else {
            panic!("no entry");
        };
        let register = |text: &str| crate::sandbox::reply::Fields::default().with("1", text);
        assert_eq!(after.get("register"), Some(&register("3.00").into()));
        let Some(Value::Map(before)) = before else {
            panic!("no entry");
        };
        assert_eq!(after.get("renew"), before.get("renew"));
        answer(&store, "CreateOrUpdateTLD", "extension=.fresh");
        assert!(!json(&store, "GetTLDPricing", "").contains("fresh"));
    }

    #[test]
    fn every_check_answers_in_the_words_of_the_reference() {
        let store = store();
        let known = [
            ("", "Extension is required"),
            (
                "extension=.x&register[1]=1",
                "Variable currency_code is required when defining pricing",
            ),
            (
                "extension=.x&grace_period_fee=1",
                "Variable currency_code is required when defining pricing",
            ),
            (
                "extension=.x&currency_code=USD&renew=7",
                "Parameters register, renew and transfer must be arrays",
            ),
            (
                "extension=.x&currency_code=USD&register[11]=1",
                "The maximum register period is 10 years",
            ),
            (
                "extension=.x&currency_code=USD&renew[10]=1",
                "The maximum renew period is 9 years",
            ),
            (
                "extension=.x&currency_code=USD&transfer[1]=1&transfer[2]=1",
                "Only one transfer period can be defined",
            ),
            (
                "extension=.x&currency_code=USD&transfer[11]=1",
                "The maximum transfer period is 10 years",
            ),
        ];
        refuses(&store, "CreateOrUpdateTLD", &known);
        for (query, message) in [
            (
                "auto_registrar=none",
                "Invalid auto_registrar value. Must be empty or one of: enom",
            ),
            (
                "currency_code=XXX",
                "Provided currency_code value does not exist. Must be one of: USD, EUR",
            ),
            (
                "group=COLD",
                "Invalid group parameter: COLD. Should be one of HOT, NEW, SALE",
            ),
        ] {
            let reply = answer(
                &store,
                "CreateOrUpdateTLD",
                &format!("extension=.x&{query}"),
            );
            assert_eq!(reply.text("message"), message);
        }
        change(&store, "DELETE FROM registrars");
        let cases = [(
            "extension=.x&auto_registrar=enom",
            "No Active Registrars - auto_registrar value cannot be defined",
        )];
        refuses(&store, "CreateOrUpdateTLD", &cases);
    }
}
