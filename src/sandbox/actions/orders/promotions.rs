//! `GetPromotions`.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::money::Money;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Value, wrapped};

const COLUMNS: &str = "id, code, type, recurring, value, cycles, appliesto, requires, requiresexisting, startdate, \
    expirationdate, maxuses, uses, lifetimepromo, applyonce, newsignups, existingclient, onceperclient, recurfor, \
    upgrades, NULL AS upgradeconfig, notes";

/// What WHMCS keeps of a promotion that is not for upgrades; none here is.
const NO_UPGRADES: &str = r#"a:4:{s:5:"value";s:4:"0.00";s:4:"type";s:0:"";s:12:"discounttype";s:10:"Percentage";s:13:"configoptions";s:0:"";}"#;

/// Every promotion, or the one with a code.
pub fn get_promotions(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(COLUMNS, "promotions");
    if let Some(code) = call.given("code") {
        listing.only("code = ?", code.to_owned());
    }
    listing.order("id");
    let mut promotions = listing.all(call)?;
    for promotion in &mut promotions {
        let value = number_or_text(Money(promotion.int("value")));
        promotion.set("value", value);
        promotion.set("upgradeconfig", NO_UPGRADES);
    }
    Ok(Answer::success()
        .with("totalresults", promotions.len())
        .with("promotions", wrapped("promotion", promotions)))
}

/// A whole value is a number in the reference; JSON here has no other numbers, so the rest is text.
fn number_or_text(value: Money) -> Value {
    if value.0 % 100 == 0 {
        Value::Int(value.0 / 100)
    } else {
        value.into()
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::encode::ReplyMode;
    use crate::sandbox::store::Store;

    #[test]
    fn a_promotion_is_found_by_its_code_and_has_the_documented_fields() {
        let store = Store::open(None, 1, None).expect("opens");
        let reply = answer_fields(&store, "action=GetPromotions&code=welcome10");
        let json = ReplyMode::Json.encode("GetPromotions", &reply);
        assert!(json.starts_with(
            r#"{"result":"success","totalresults":1,"promotions":{"promotion":[{"id":1,"code":"WELCOME10","type":"Percentage","recurring":0,"value":10,"cycles":"","appliesto":"1,2","requires":"","requiresexisting":0,"startdate":"0000-00-00","#
        ), "{json}");
        assert!(json.ends_with(r#"\"\";}","notes":""}]}}"#), "{json}");
        let none = answer_fields(&store, "action=GetPromotions&code=nothing");
        assert_eq!(none.int("totalresults"), 0);
    }
}
