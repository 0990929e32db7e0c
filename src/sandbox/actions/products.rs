//! The Products group: `AddProduct`.

use rusqlite::params;

use super::Handler;
use crate::sandbox::call::{Call, intval};
use crate::sandbox::cycle::Cycle;
use crate::sandbox::money::Money;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;
use crate::sandbox::tree::{Array, Tree};

/// The actions of this file.
pub const ACTIONS: &[(&str, Handler)] = &[("AddProduct", add_product)];

const TYPES: &[&str] = &["hostingaccount", "reselleraccount", "server", "other"];
const PAY_TYPES: &[&str] = &["free", "onetime", "recurring"];
const SETUPS: &[&str] = &["", "on", "order", "payment"];

/// Kept by name as they were sent, for no other action reads them by column.
const SETTINGS: &[&str] = &[
    "configoption1",
    "configoption2",
    "configoption3",
    "configoption4",
    "configoption5",
    "configoption6",
    "ondemandrenewalconfigurationoverride",
    "ondemandrenewalsenabled",
    "ondemandrenewalperiodmonthly",
    "ondemandrenewalperiodquarterly",
    "ondemandrenewalperiodsemiannually",
    "ondemandrenewalperiodannually",
    "ondemandrenewalperiodbiennially",
    "ondemandrenewalperiodtriennially",
];

fn add_product(call: &Call) -> Result<Answer, Refusal> {
    check(call)?;
    let recommended = recommendations(call)?;
    let product = insert(call)?;
    insert_prices(call, product)?;
    for name in SETTINGS {
        if let Some(value) = call.sent(name) {
            call.db.run(
                "INSERT INTO product_settings (product_id, name, value) VALUES (?1, ?2, ?3)",
                params![product, name, value],
            )?;
        }
    }
    for (id, position) in recommended {
        call.db.run(
            "INSERT OR REPLACE INTO product_recommendations (product_id, recommended_id, position) VALUES (?1, ?2, ?3)",
            [product, id, position],
        )?;
    }
    call.log(
        0,
        &format!(
            "Product Created: '{}' - Product ID: {product}",
            call.text("name")
        ),
    )?;
    Ok(Answer::success().with("pid", product))
}

fn check(call: &Call) -> Result<(), Refusal> {
    call.required("name", "You must supply a name for the product")?;
    call.existing(
        "gid",
        "product_groups",
        "You must supply a valid Product Group ID",
    )?;
    if let Some(template) = call.given_int("welcomeemail").filter(|id| *id != 0) {
        let found: Option<i64> = call.db.value(
            "SELECT 1 FROM email_templates WHERE id = ?1 AND type = 'product'",
            [template],
        )?;
        if found.is_none() {
            return refuse("You must supply a valid welcome email ID");
        }
    }
    if !one_of(call.given("type"), TYPES) {
        return refuse(
            "Invalid product type. Must be one of \"hostingaccount\", \"reselleraccount\", \"server\" or \"other\"",
        );
    }
    if !one_of(call.given("paytype"), PAY_TYPES) {
        return refuse("Invalid pay type. Must be one of \"free\", \"onetime\" or \"recurring\"");
    }
    if !one_of(call.given("autosetup"), SETUPS) {
        return refuse(
            "Invalid autosetup value. Must be one of \"\", \"on\", \"order\" or \"payment\"",
        );
    }
    match call.given("color") {
        Some(color) if !is_color(color) => refuse("The color must be a valid hexadecimal value."),
        _ => Ok(()),
    }
}

/// What was not sent has a default, and is none of these.
fn one_of(sent: Option<&str>, known: &[&str]) -> bool {
    sent.is_none_or(|sent| known.contains(&sent))
}

fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// The products recommended with the new one, each with its position.
fn recommendations(call: &Call) -> Result<Vec<(i64, i64)>, Refusal> {
    let sent = call
        .array("recommendations")
        .into_iter()
        .flat_map(Array::iter);
    let mut recommended = Vec::new();
    for (_, entry) in sent {
        let part = |name| match entry {
            Tree::Array(entry) => intval(
                entry
                    .get_any_case(name)
                    .and_then(Tree::text)
                    .unwrap_or_default(),
            ),
            Tree::Text(_) => 0,
        };
        let id = part("id");
        if !call.db.exists("products", id)? {
            return refuse(
                "The recommendation product ID is invalid. This must be an existing product ID.",
            );
        }
        recommended.push((id, part("order")));
    }
    Ok(recommended)
}

fn insert(call: &Call) -> rusqlite::Result<i64> {
    let slug = free_slug(call, &slug(call.given("slug").unwrap_or(call.text("name"))))?;
    call.db.insert(
        "products",
        &[
            ("gid", &call.int("gid")),
            ("type", &call.given("type").unwrap_or("other")),
            ("name", &call.text("name")),
            ("slug", &slug),
            ("description", &call.text("description")),
            ("shortdescription", &call.text("shortdescription")),
            ("tagline", &call.text("tagline")),
            ("color", &call.text("color")),
            ("module", &call.text("module")),
            ("paytype", &call.given("paytype").unwrap_or("free")),
            ("stockcontrol", &call.flag("stockcontrol")),
            ("qty", &call.int("qty")),
            ("hidden", &call.flag("hidden")),
            ("tax", &call.flag("tax")),
            ("featured", &call.flag("isFeatured")),
            ("showdomainoptions", &call.flag("showdomainoptions")),
            ("welcomeemail", &call.int("welcomeemail")),
            ("autosetup", &call.text("autosetup")),
            ("subdomain", &call.text("subdomain")),
            ("servergroup", &call.int("servergroupid")),
            ("proratabilling", &call.flag("proratabilling")),
            ("proratadate", &call.int("proratadate")),
            (
                "proratachargenextmonth",
                &call.int("proratachargenextmonth"),
            ),
            ("position", &call.int("order")),
            ("created_at", &call.moment()),
        ],
    )
}

/// A name as it stands in a link: small letters and digits, one dash between words.
fn slug(name: &str) -> String {
    let words: Vec<String> = name
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

/// A slug no other product of the group has: with a number after it where one has it already.
fn free_slug(call: &Call, wanted: &str) -> rusqlite::Result<String> {
    let mut slug = wanted.to_owned();
    for number in 1_u32.. {
        let taken: Option<i64> = call.db.value(
            "SELECT 1 FROM products WHERE gid = ?1 AND slug = ?2",
            rusqlite::params![call.int("gid"), slug],
        )?;
        if taken.is_none() {
            break;
        }
        slug = format!("{wanted}-{number}");
    }
    Ok(slug)
}

/// Writes the prices of every currency; what was not sent is not offered, and a free product costs nothing.
fn insert_prices(call: &Call, product: i64) -> rusqlite::Result<()> {
    let currencies: Vec<i64> = call
        .db
        .values("SELECT id FROM currencies ORDER BY id", ())?;
    let is_free = matches!(call.given("paytype"), None | Some("free"));
    for currency in currencies {
        let sent = call
            .array("pricing")
            .and_then(|pricing| pricing.get(&currency.to_string()))
            .and_then(Tree::array);
        let amount = |name: &str, otherwise: Money| {
            sent.and_then(|sent| sent.get_any_case(name))
                .and_then(Tree::text)
                .and_then(|text| text.parse().ok())
                .unwrap_or(otherwise)
        };
        call.db.run(
            "INSERT INTO pricing (type, relid, currency) VALUES ('product', ?1, ?2)",
            [product, currency],
        )?;
        for cycle in Cycle::RECURRING {
            let (setup, price) = cycle.columns();
            let otherwise = if is_free {
                Money::ZERO
            } else {
                Money::NOT_OFFERED
            };
            call.db.run(
                &format!(
                    "UPDATE pricing SET {setup} = ?3, {price} = ?4 \
                     WHERE type = 'product' AND relid = ?1 AND currency = ?2"
                ),
                params![
                    product,
                    currency,
                    amount(setup, Money::ZERO),
                    amount(price, otherwise)
                ],
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::encode::ReplyMode;
    use crate::sandbox::reply::Answer;
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::column;

    fn add(store: &Store, rest: &str) -> Answer {
        answer_fields(store, &format!("action=AddProduct&{rest}"))
    }

    #[test]
    fn every_check_answers_in_the_words_of_the_reference() {
        let store = Store::open(None, 1, None).expect("opens");
        for (query, message) in [
            ("gid=1", "You must supply a name for the product"),
            ("name=X&gid=9", "You must supply a valid Product Group ID"),
            (
                "name=X&gid=1&welcomeemail=1",
                "You must supply a valid welcome email ID",
            ),
            (
                "name=X&gid=1&type=car",
                "Invalid product type. Must be one of \"hostingaccount\", \"reselleraccount\", \"server\" or \"other\"",
            ),
            (
                "name=X&gid=1&paytype=never",
                "Invalid pay type. Must be one of \"free\", \"onetime\" or \"recurring\"",
            ),
            (
                "name=X&gid=1&autosetup=later",
                "Invalid autosetup value. Must be one of \"\", \"on\", \"order\" or \"payment\"",
            ),
            (
                "name=X&gid=1&color=red",
                "The color must be a valid hexadecimal value.",
            ),
            (
                "name=X&gid=1&recommendations[0][id]=77",
                "The recommendation product ID is invalid. This must be an existing product ID.",
            ),
        ] {
            assert_eq!(add(&store, query).text("message"), message);
        }
    }

    #[test]
    fn a_product_is_on_sale_at_once_at_the_prices_sent() {
        let store = Store::open(None, 1, None).expect("opens");
        let reply = add(
            &store,
            "name=Big+Box+3000&gid=2&type=server&paytype=recurring&welcomeemail=4&color=%239abbd1&autosetup=\
             &pricing[1][Monthly]=10.5&pricing[1][mSetupFee]=2&pricing[2][annually]=99&recommendations[0][id]=1&recommendations[0][order]=2",
        );
        assert_eq!(reply, Answer::success().with("pid", 6_i64));
        let products = answer_fields(&store, "action=GetProducts&pid=6");
        let json = ReplyMode::Json.encode("GetProducts", &products);
        for part in [
            r#""slug":"big-box-3000""#,
            r#""msetupfee":"2.00""#,
            r#""monthly":"10.50","quarterly":"-1.00""#,
            r#""EUR":{"prefix":"\u20ac","suffix":" EUR","msetupfee":"0.00""#,
            r#""annually":"99.00""#,
        ] {
            assert!(json.contains(part), "{part} is missing in {json}");
        }
        let order =
            "action=AddOrder&clientid=3&paymentmethod=paypal&pid[0]=6&billingcycle[0]=monthly";
        let order = answer_fields(&store, order);
        let invoice = answer_fields(
            &store,
            &format!("action=GetInvoice&invoiceid={}", order.text("invoiceid")),
        );
        assert_eq!(invoice.text("total"), "12.50");
    }

    #[test]
    fn two_products_of_a_group_never_share_a_slug() {
        let store = Store::open(None, 1, None).expect("opens");
        for query in ["name=My+Box", "name=My+Box", "name=Other&slug=my-box"] {
            add(&store, &format!("gid=1&{query}"));
        }
        let products = answer_fields(&store, "action=GetProducts&pid=6,7,8");
        let slugs = column(&products, "products.product", "slug");
        assert_eq!(slugs, ["my-box", "my-box-1", "my-box-2"]);
    }

    #[test]
    fn a_product_is_paid_for_in_the_way_it_was_made() {
        for (paytype, total, cycle) in [
            ("&paytype=onetime", "52.00", "One Time"),
            ("&paytype=free", "", "Free Account"),
            ("", "", "Free Account"),
            ("&paytype=recurring", "52.00", "Monthly"),
        ] {
            let store = Store::open(None, 1, None).expect("opens");
            let product = format!(
                "name=Box&gid=1&module=cpanel&pricing[1][monthly]=50&pricing[1][msetupfee]=2{paytype}"
            );
            assert_eq!(add(&store, &product).int("pid"), 6);
            let order = "action=AddOrder&clientid=3&paymentmethod=paypal&pid[0]=6";
            let order = answer_fields(&store, order);
            let invoice = format!("action=GetInvoice&invoiceid={}", order.text("invoiceid"));
            assert_eq!(answer_fields(&store, &invoice).text("total"), total);
            let service = order.text("serviceids");
            let query = format!("action=GetClientsProducts&serviceid={service}");
            let services = answer_fields(&store, &query);
            let list = "products.product";
            assert_eq!(column(&services, list, "billingcycle"), [cycle]);
            let create = format!("action=ModuleCreate&serviceid={service}");
            assert_eq!(answer_fields(&store, &create), Answer::success());
        }
    }
}
