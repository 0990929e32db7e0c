use crate::sandbox::reply::Answer;
use crate::sandbox::testing::{answer, change, column, count, json, records, refuses, store};

const VISA: &str = "clientid=1&card_number=4242424242424242&card_expiry=0232";

#[test]
fn a_card_is_kept_by_its_end_brand_and_dates_alone() {
    let store = store();
    assert_eq!(
        json(
            &store,
            "AddPayMethod",
            &format!("{VISA}&card_start=0120&card_issue_number=3&description=Mine")
        ),
        r#"{"result":"success","clientid":"1","paymethodid":1}"#
    );
    let reply = answer(&store, "GetPayMethods", "clientid=1");
    let method = &records(&reply, "paymethods")[0];
    for (name, value) in [
        ("type", "CreditCard"),
        ("description", "Mine"),
        ("gateway_name", ""),
        ("contact_type", "Client"),
        ("card_last_four", "4242"),
        ("card_type", "Visa"),
        ("expiry_date", "02/32"),
        ("start_date", "01/20"),
        ("issue_number", "3"),
        ("remote_token", ""),
    ] {
        assert_eq!(method.text(name), value, "{name}");
    }
    assert!(method.get("bank_name").is_none());
    let clear = "SELECT COUNT(*) FROM pay_methods WHERE description || card_last_four || remote_token \
                 || issue_number LIKE '%424242%'";
    assert_eq!(count(&store, clear), 0);
}

#[test]
fn accounts_and_remote_cards_have_fields_of_their_own() {
    let store = store();
    answer(
        &store,
        "AddPayMethod",
        "clientid=1&type=BankAccount&bank_name=Sparkasse&bank_code=1&bank_account=987654321",
    );
    answer(
        &store,
        "AddPayMethod",
        &format!("{VISA}&type=RemoteCreditCard&gateway_module_name=stripe"),
    );
    let all = answer(&store, "GetPayMethods", "clientid=1");
    assert_eq!(
        column(&all, "paymethods", "type"),
        ["BankAccount", "RemoteCreditCard"]
    );
    let all = records(&all, "paymethods");
    assert_eq!(all[0].text("bank_name"), "Sparkasse");
    assert!(all[0].get("card_last_four").is_none());
    assert!(
        all[1]
            .text("remote_token")
            .starts_with("{\"customer\":\"cus_")
    );
    for (query, types) in [
        ("clientid=1&type=BankAccount", vec!["BankAccount"]),
        ("clientid=1&type=CreditCard", vec!["RemoteCreditCard"]),
        ("clientid=1&paymethodid=2", vec!["RemoteCreditCard"]),
        ("clientid=2", vec![]),
    ] {
        let some = answer(&store, "GetPayMethods", query);
        assert_eq!(column(&some, "paymethods", "type"), types, "{query}");
    }
}

#[test]
fn the_first_is_the_default_until_another_is_made_so_or_it_is_deleted() {
    let store = store();
    let default = "SELECT id FROM pay_methods WHERE is_default = 1";
    answer(&store, "AddPayMethod", VISA);
    answer(&store, "AddPayMethod", VISA);
    assert_eq!(count(&store, default), 1);
    answer(&store, "AddPayMethod", &format!("{VISA}&set_as_default=1"));
    assert_eq!(count(&store, default), 3);
    answer(
        &store,
        "UpdatePayMethod",
        "clientid=1&paymethodid=2&set_as_default=1",
    );
    assert_eq!(count(&store, default), 2);
    assert_eq!(
        answer(&store, "DeletePayMethod", "clientid=1&paymethodid=2"),
        Answer::success().with("paymethodid", "2")
    );
    assert_eq!(count(&store, default), 1);
}

#[test]
fn an_update_changes_the_details_that_were_sent() {
    let store = store();
    answer(&store, "AddPayMethod", VISA);
    let update = |rest: &str| {
        answer(
            &store,
            "UpdatePayMethod",
            &format!("clientid=1&paymethodid=1&{rest}"),
        )
    };
    update("card_expiry=1133");
    update("card_number=5555555555554444");
    let reply = answer(&store, "GetPayMethods", "clientid=1");
    let method = &records(&reply, "paymethods")[0];
    assert_eq!(
        (
            method.text("expiry_date"),
            method.text("card_last_four"),
            method.text("card_type")
        ),
        ("11/33", "4444", "MasterCard")
    );
}

#[test]
fn an_account_may_be_updated_with_nothing() {
    let store = store();
    let account =
        "clientid=1&type=BankAccount&bank_name=Sparkasse&bank_code=1&bank_account=987654321";
    let added = answer(&store, "AddPayMethod", account);
    let query = format!("clientid=1&paymethodid={}", added.text("paymethodid"));
    let reply = answer(&store, "UpdatePayMethod", &query);
    assert_eq!(reply.text("paymethodid"), added.text("paymethodid"));
}

#[test]
fn what_cannot_be_added_is_refused_in_the_references_order() {
    let store = store();
    refuses(
        &store,
        "AddPayMethod",
        &[
            ("", "Client ID Is Required"),
            ("clientid=99", "Invalid Client ID"),
            (
                "clientid=1&type=Cash",
                "Invalid Pay Method Type. Type should be one of 'BankAccount', 'CreditCard', or 'RemoteCreditCard'",
            ),
            (
                "clientid=1&type=RemoteCreditCard",
                "Gateway is Required for RemoteCreditCard type",
            ),
            (
                "clientid=1",
                "Card Number is required for 'CreditCard' or 'RemoteCreditCard' type",
            ),
            (
                "clientid=1&card_number=4242424242424242",
                "Expiry Date is required for 'CreditCard' or 'RemoteCreditCard' type",
            ),
            (
                "clientid=1&card_number=4242424242424242&card_expiry=1322",
                "Expiry Date is invalid",
            ),
            (&format!("{VISA}&card_start=x"), "Start Date is invalid"),
            (
                &format!("{VISA}&card_issue_number=x"),
                "Issue Number is invalid",
            ),
            (
                &format!("{VISA}&type=RemoteCreditCard&gateway_module_name=paypal"),
                "Unsupported Gateway Type for Storage",
            ),
            ("clientid=1&type=BankAccount", "Routing number is required"),
            (
                "clientid=1&type=BankAccount&bank_code=1",
                "Account number is required",
            ),
        ],
    );
    let named = |query: &str| {
        answer(&store, "AddPayMethod", query)
            .text("message")
            .to_owned()
    };
    assert_eq!(
        named(&format!("{VISA}&gateway_module_name=nope")),
        "Invalid Gateway Module Name. Must be one of: authorize, banktransfer, paypal, stripe"
    );
    assert_eq!(
        named(
            "clientid=1&card_number=4000000000000002&card_expiry=0232&type=RemoteCreditCard&gateway_module_name=stripe"
        ),
        "Error Creating Remote Token: Your card was declined."
    );
    change(&store, "DELETE FROM card_gateways");
    refuses(
        &store,
        "AddPayMethod",
        &[
            (VISA, "No Local Credit Card Payment Gateways Enabled"),
            (
                "clientid=1&type=BankAccount&bank_code=1&bank_account=2",
                "Gateway is Required for Bank Account Storage",
            ),
        ],
    );
}

#[test]
fn what_cannot_be_changed_deleted_or_listed_is_refused() {
    let store = store();
    answer(&store, "AddPayMethod", VISA);
    answer(
        &store,
        "AddPayMethod",
        &format!("{VISA}&type=RemoteCreditCard&gateway_module_name=stripe"),
    );
    let foreign = "Pay Method does not belong to passed Client ID";
    refuses(
        &store,
        "UpdatePayMethod",
        &[
            ("clientid=1", "Pay Method ID is Required"),
            ("paymethodid=1", "Client ID is Required"),
            ("clientid=1&paymethodid=9", "Invalid Pay Method ID"),
            ("clientid=2&paymethodid=1", foreign),
            ("clientid=1&paymethodid=1", "No Details Provided for Update"),
            (
                "clientid=1&paymethodid=2&card_number=4242424242424242",
                "Unable to Update Card Number for Assisted Gateway",
            ),
            (
                "clientid=1&paymethodid=1&card_expiry=9",
                "Expiry Date is invalid",
            ),
        ],
    );
    refuses(
        &store,
        "DeletePayMethod",
        &[
            ("paymethodid=1", "Client ID is Required"),
            ("clientid=1", "Pay Method ID is Required"),
            ("clientid=1&paymethodid=9", "Invalid Pay Method ID"),
            ("clientid=2&paymethodid=1", foreign),
        ],
    );
    refuses(
        &store,
        "GetPayMethods",
        &[
            ("", "Client ID Is Required"),
            (
                "clientid=1&type=Cash",
                "Invalid Pay Method Type. Should be 'BankAccount' or 'CreditCard'",
            ),
            ("clientid=99", "Client Not Found"),
        ],
    );
}
