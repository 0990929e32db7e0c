use serde_json::json;

use super::*;
use crate::catalog;

fn fields() -> CustomFields {
    let text = "client = { vat = 3, referrer = 1 }\nproduct = { disk = 4 }";
    toml::from_str(text).unwrap()
}

fn numbered(action: &str, params: &Value) -> Result<Value, CallError> {
    let action = ActionRef::Known(catalog::action(action).unwrap());
    let params = params.as_object().unwrap();
    let numbered = fields().numbered(&action, params)?;
    Ok(Value::Object(numbered.into_owned()))
}

#[test]
fn every_action_that_takes_custom_fields_takes_those_of_one_owner() {
    let takes = catalog::actions()
        .iter()
        .filter(|action| action.param(FIELD).is_some())
        .map(|action| format!("{} {}", action.name, FieldOwner::for_action(action).word()));
    assert_eq!(
        takes.collect::<Vec<_>>(),
        [
            "AddClient client",
            "AddOrder product",
            "AddTicketReply ticket",
            "OpenTicket ticket",
            "UpdateClient client",
            "UpdateClientProduct product",
            "UpdateTicket ticket",
        ]
    );
}

#[test]
fn names_become_numbers_and_numbers_stay() {
    for (action, given, sent) in [
        (
            "UpdateClient",
            json!({"clientid": 1, "customfields": {"vat": "x", "1": "y"}}),
            json!({"clientid": 1, "customfields": {"3": "x", "1": "y"}}),
        ),
        (
            "AddOrder",
            json!({"customfields": [{"disk": "20"}, {"4": "x"}, "ready"]}),
            json!({"customfields": [{"4": "20"}, {"4": "x"}, "ready"]}),
        ),
        (
            "AddOrder",
            json!({"customfields[0]": {"disk": 1}}),
            json!({"customfields[0]": {"4": 1}}),
        ),
        (
            "AddClient",
            json!({"customfields": "YTowOnt9", "city": "x"}),
            json!({"customfields": "YTowOnt9", "city": "x"}),
        ),
        (
            "AddClient",
            json!({"customfields[vat]": "x"}),
            json!({"customfields[3]": "x"}),
        ),
    ] {
        assert_eq!(numbered(action, &given).unwrap(), sent);
    }
}

#[test]
fn an_unknown_name_is_refused_with_what_to_do() {
    let refusal = |action, params: Value| {
        let error = numbered(action, &params).unwrap_err();
        assert_eq!(error.delivery, Delivery::NotSent);
        (error.message, error.hint.unwrap_or_default())
    };
    let (what, hint) = refusal("AddClient", json!({"customfields": {"vta": "x"}}));
    assert_eq!(
        what,
        "`AddClient`: no custom field is called `vta`; nothing was sent"
    );
    assert_eq!(hint, "did you mean `vat`?");
    let (_, hint) = refusal("AddClient", json!({"customfields": {"zzz": "x"}}));
    assert_eq!(hint, "known: `referrer`, `vat`");
    // A client's name is none of a product's, and tickets have none at all.
    let (_, hint) = refusal("UpdateClientProduct", json!({"customfields": {"vat": "x"}}));
    assert_eq!(hint, "known: `disk`");
    let (_, hint) = refusal("OpenTicket", json!({"customfields": {"vat": "x"}}));
    assert!(hint.contains("customfields.ticket"), "{hint}");
    let (what, _) = refusal("AddClient", json!({"customfields": {"vat": 1, "3": 2}}));
    assert!(what.contains("given twice"), "{what}");
}

#[test]
fn names_come_beside_what_a_reply_has() {
    let mut reply = json!({
        "client": {"customfields": [{"id": 3, "value": "x"}, {"id": 9, "value": "y"}]},
        "products": {"product": [{"customfields": {"customfield": [
            {"id": 4, "name": "Disk (GB)", "value": "20"}]}}]},
    });
    fields().name_in(&mut reply);
    assert_eq!(
        reply,
        json!({
            "client": {"customfields": [{"id": 3, "value": "x", "name": "vat"}, {"id": 9, "value": "y"}]},
            "products": {"product": [{"customfields": {"disk": "20", "customfield": [
                {"id": 4, "name": "Disk (GB)", "value": "20"}]}}]},
        })
    );
}

#[test]
fn a_name_must_be_one() {
    let problem = |text: &str| toml::from_str::<CustomFields>(text).unwrap().problem();
    assert_eq!(problem("client = { vat = 3 }\nproduct = { vat = 3 }"), None);
    assert!(problem("client = { \"7\" = 3 }").unwrap().contains("`7`"));
    assert!(problem("client = { len = 3 }").unwrap().contains("`len`"));
    for name in ["vat number", "Größe", "3d", "a-b", "a[b]", ""] {
        assert!(
            problem(&format!("client = {{ \"{name}\" = 3 }}")).is_some(),
            "{name}"
        );
    }
    assert_eq!(problem("client = { vat_2 = 3, _x = 4 }"), None);
    let twice = problem("client = { a = 3, b = 3 }").unwrap();
    assert_eq!(
        twice,
        "`a` and `b` in `customfields.client` are both field 3"
    );
    assert!(toml::from_str::<CustomFields>("client = { a = 0 }").is_err());
}
