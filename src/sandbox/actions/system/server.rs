//! The server itself: version, currencies, payment methods.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields, wrapped};
use crate::sandbox::version::VERSION;

/// Every currency.
pub fn get_currencies(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new("id, code, prefix, suffix, format, rate", "currencies");
    listing.order("id");
    let currencies = listing.all(call)?;
    Ok(Answer::success()
        .with("totalresults", currencies.len().to_string())
        .with("currencies", wrapped("currency", currencies)))
}

/// Every gateway, in the order of checkout.
pub fn get_payment_methods(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new("module, displayname", "payment_methods");
    listing.order("position");
    let methods = listing.all(call)?;
    Ok(Answer::success()
        .with("totalresults", methods.len())
        .with("paymentmethods", wrapped("paymentmethod", methods)))
}

/// The version.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every action has the same signature"
)]
pub fn whmcs_details(_: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::success().with("whmcs", version()))
}

/// The version as the replies that tell it do.
pub fn version() -> Fields {
    Fields::default()
        .with("version", VERSION)
        .with("canonicalversion", format!("{VERSION}-release.1"))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::encode::ReplyMode;
    use crate::sandbox::store::Store;

    fn json(action: &str) -> String {
        let store = Store::open(None, 1, None).expect("opens");
        let reply = answer_fields(&store, &format!("action={action}"));
        ReplyMode::Json.encode(action, &reply)
    }

    #[test]
    fn currencies_count_in_text_and_number_themselves() {
        assert_eq!(
            json("GetCurrencies"),
            r#"{"result":"success","totalresults":"2","currencies":{"currency":[{"id":1,"code":"USD","prefix":"$","suffix":" USD","format":1,"rate":"1.00000"},{"id":2,"code":"EUR","prefix":"\u20ac","suffix":" EUR","format":3,"rate":"0.92000"}]}}"#
        );
    }

    #[test]
    fn payment_methods_are_in_their_order() {
        assert_eq!(
            json("GetPaymentMethods"),
            r#"{"result":"success","totalresults":2,"paymentmethods":{"paymentmethod":[{"module":"banktransfer","displayname":"Bank Transfer"},{"module":"paypal","displayname":"PayPal"}]}}"#
        );
    }

    #[test]
    fn the_version_is_told() {
        assert_eq!(
            json("whmcsdetails"),
            r#"{"result":"success","whmcs":{"version":"8.13.1","canonicalversion":"8.13.1-release.1"}}"#
        );
    }
}
