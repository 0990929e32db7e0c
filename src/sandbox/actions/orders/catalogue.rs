//! `GetProducts`.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields, wrapped};

const COLUMNS: &str = "p.id AS pid, p.gid, p.type, p.name, p.slug, \
    (SELECT value FROM settings WHERE name = 'SystemURL') || 'store/' || g.slug || '/' || p.slug AS \"product-url\", NULL AS product_url, \
    p.description, p.module, p.paytype, p.allowqty, p.qty * p.stockcontrol AS quantity_available";

const PRICES: &str = "r.msetupfee AS \"msetupfee:money\", r.qsetupfee AS \"qsetupfee:money\", \
    r.ssetupfee AS \"ssetupfee:money\", r.asetupfee AS \"asetupfee:money\", r.bsetupfee AS \"bsetupfee:money\", \
    r.tsetupfee AS \"tsetupfee:money\", r.monthly AS \"monthly:money\", r.quarterly AS \"quarterly:money\", \
    r.semiannually AS \"semiannually:money\", r.annually AS \"annually:money\", r.biennially AS \"biennially:money\", \
    r.triennially AS \"triennially:money\"";

/// Products with their prices, custom fields and configurable options.
pub fn get_products(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(COLUMNS, "products p JOIN product_groups g ON g.id = p.gid");
    let pids = call.ids("pid");
    if !pids.is_empty() {
        let list: Vec<String> = pids.iter().map(i64::to_string).collect();
        listing.only(
            "instr(',' || ? || ',', ',' || p.id || ',') > 0",
            list.join(","),
        );
    }
    if let Some(group) = call.given_int("gid") {
        listing.only("p.gid = ?", group);
    }
    if let Some(module) = call.given("module") {
        listing.only("p.module = ?", module.to_owned());
    }
    listing.order("g.position, g.id, p.position, p.id");
    let mut products = listing.all(call)?;
    for product in &mut products {
        let id = product.int("pid");
        // The reference has it with a hyphen in its example, and without in its history.
        let address = product.text("product-url").to_owned();
        product.set("product_url", address);
        product.push(
            "pricing",
            prices(call, "product", id, "c.prefix, c.suffix, ")?,
        );
        product.push(
            "customfields",
            wrapped("customfield", custom_fields(call, id)?),
        );
        product.push("configoptions", wrapped("configoption", options(call, id)?));
    }
    Ok(Answer::success()
        .with("totalresults", products.len())
        .with("startnumber", 0_i64)
        .with("numreturned", products.len())
        .with("products", wrapped("product", products)))
}

/// Prices by currency code, each after those other columns.
fn prices(call: &Call, kind: &str, id: i64, before: &str) -> rusqlite::Result<Fields> {
    let codes: Vec<String> = call.db.values(
        "SELECT c.code FROM pricing r JOIN currencies c ON c.id = r.currency \
         WHERE r.type = ?1 AND r.relid = ?2 ORDER BY c.id",
        rusqlite::params![kind, id],
    )?;
    let records = call.db.records(
        &format!(
            "SELECT {before}{PRICES} FROM pricing r JOIN currencies c ON c.id = r.currency \
             WHERE r.type = ?1 AND r.relid = ?2 ORDER BY c.id"
        ),
        rusqlite::params![kind, id],
    )?;
    let mut prices = Fields::default();
    for (code, record) in codes.iter().zip(records) {
        prices.push(code, record);
    }
    Ok(prices)
}

fn custom_fields(call: &Call, product: i64) -> rusqlite::Result<Vec<Fields>> {
    call.db.records(
        "SELECT id, fieldname AS name, description, required AS \"required:on\" FROM custom_fields \
         WHERE type = 'product' AND relid = ?1 ORDER BY position, id",
        [product],
    )
}

fn options(call: &Call, product: i64) -> rusqlite::Result<Vec<Fields>> {
    let mut options = call.db.records(
        "SELECT id, optionname AS name, optiontype AS \"type:text\", qtyminimum AS minqty, qtymaximum AS maxqty \
         FROM config_options WHERE product_id = ?1 ORDER BY position, id",
        [product],
    )?;
    for option in &mut options {
        let mut choices = call.db.records(
            "SELECT id, optionname AS name, NULL AS rawName, 0 AS recurring, NULL AS required \
             FROM config_option_choices WHERE option_id = ?1 ORDER BY position, id",
            [option.int("id")],
        )?;
        for choice in &mut choices {
            let prices = prices(call, "configoption", choice.int("id"), "")?;
            choice.push("pricing", prices);
        }
        option.push("options", wrapped("option", choices));
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::encode::ReplyMode;
    use crate::sandbox::store::Store;

    fn json(query: &str) -> String {
        let store = Store::open(None, 1, None).expect("opens");
        let reply = answer_fields(&store, &format!("action=GetProducts&{query}"));
        ReplyMode::Json.encode("GetProducts", &reply)
    }

    fn pids(query: &str) -> Vec<i64> {
        json(query)
            .split(r#""pid":"#)
            .skip(1)
            .filter_map(|rest| rest.split(',').next()?.parse().ok())
            .collect()
    }

    #[test]
    fn products_are_chosen_by_ids_group_and_module() {
        for (query, expected) in [
            ("", vec![1, 2, 5, 3, 4]),
            ("pid=3", vec![3]),
            ("pid=1,4", vec![1, 4]),
            ("pid[0]=2&pid[1]=3", vec![2, 3]),
            ("gid=2", vec![3, 4]),
            ("module=cpanel", vec![1, 2]),
            ("pid=1&gid=2", vec![]),
        ] {
            assert_eq!(pids(query), expected, "{query}");
        }
    }

    #[test]
    fn prices_stand_by_currency_code_and_what_is_not_offered_is_minus_one() {
        let reply = json("pid=1");
        let start = r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"products":{"product":[{"pid":1,"gid":1,"type":"hostingaccount","name":"Starter","slug":"starter","product-url":"http://127.0.0.1/store/shared-hosting/starter","product_url":"http://127.0.0.1/store/shared-hosting/starter","description":"1 GB of space","module":"cpanel","paytype":"recurring","allowqty":2,"quantity_available":0,"pricing":{"USD":{"prefix":"$","suffix":" USD","msetupfee":"0.00","#;
        assert!(reply.replace("\\/", "/").starts_with(start), "{reply}");
        assert!(reply.contains(r#""monthly":"5.95","quarterly":"16.95","semiannually":"-1.00""#));
        assert!(reply.ends_with(
            r#"},"customfields":{"customfield":[]},"configoptions":{"configoption":[]}}]}}"#
        ));
    }

    #[test]
    fn options_and_custom_fields_come_with_the_product() {
        let reply = json("pid=3");
        for part in [
            r#""customfield":[{"id":4,"name":"Root Partition","description":"Size in GB","required":""}]"#,
            r#""configoption":[{"id":1,"name":"Backups","type":"1","minqty":0,"maxqty":0,"options":{"option":[{"id":1,"name":"None","rawName":null,"recurring":0,"required":null,"pricing":{"USD":{"msetupfee":"0.00","#,
            r#"{"id":2,"name":"Daily","#,
            r#""monthly":"5.00""#,
        ] {
            assert!(reply.contains(part), "{part} is missing in {reply}");
        }
    }
}
