//! Values that the server lists, against a server made of a function.

use std::time::Duration;

use serde_json::json;

use std::sync::Mutex;

use super::*;
use crate::cancel::Cancel;
use crate::client::{CallError, Credentials, Delivery, Reply, Server};
use crate::run::{Patience, Transport};

/// Counts the calls by name; gives the gateways, or refuses to.
struct Fake {
    gateways: Result<&'static [&'static str], CallErrorKind>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Transport for Fake {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        lock(&self.calls).push(action.name().to_owned());
        let mut body = json!({"result": "success"});
        if action.name() == "GetPaymentMethods" {
            let refused = |kind| CallError::new(kind, action.name(), "no", Delivery::Refused);
            let gateways = self.gateways.map_err(refused)?.iter();
            let gateways: Vec<Value> = gateways.map(|name| json!({"module": name})).collect();
            body["paymentmethods"] = json!({"paymentmethod": gateways});
        }
        if action.name() == "GetOrderStatuses" {
            body["statuses"] = json!({"status": [{"title": "Pending"}, {"title": "Active"}]});
        }
        if action.name() == "GetOrders" {
            let is_known = params
                .get("status")
                .is_some_and(|status| status == "Pending");
            let orders = if is_known {
                vec![json!({"id": 1})]
            } else {
                Vec::new()
            };
            body["orders"] = json!({"order": orders});
        }
        Ok(Reply::remembered(body.as_object().unwrap().clone()))
    }
}

/// The calls made and the lines told where invoices are created with these gateways.
fn created(
    gateways: Result<&'static [&'static str], CallErrorKind>,
    given: &[&str],
) -> (Vec<String>, Vec<String>) {
    let params = given.iter();
    let params = params.map(|gateway| json!({"userid": 1, "paymentmethod": gateway}));
    called(gateways, "CreateInvoice", params)
}

/// The calls made and the lines told where an action is called with those parameters.
fn called(
    gateways: Result<&'static [&'static str], CallErrorKind>,
    action: &str,
    given: impl Iterator<Item = Value>,
) -> (Vec<String>, Vec<String>) {
    let (calls, lines) = (Arc::default(), Arc::new(Mutex::new(Vec::new())));
    let fake = Fake {
        gateways,
        calls: Arc::clone(&calls),
    };
    let credentials = Credentials::Api {
        identifier: "i".into(),
        secret: "s".into(),
    };
    let server = Server::new("fake", "http://127.0.0.1", credentials);
    let told = Arc::clone(&lines);
    let notice = Arc::new(move |line: &str| lock(&told).push(line.to_owned()));
    let run = Run::over(Box::new(fake), server, Cancel::default())
        .answered()
        .with_patience(Patience::new(Duration::ZERO, false, notice));
    let action = ActionRef::Known(catalog::action(action).unwrap());
    for params in given {
        run.call(&action, params.as_object().unwrap()).unwrap();
    }
    let calls = lock(&calls).clone();
    let lines = lock(&lines).clone();
    (calls, lines)
}

const GATEWAYS: &[&str] = &["banktransfer", "paypal"];

#[test]
fn a_value_that_is_not_listed_is_told_once_and_sent() {
    let given = ["paypall", "paypall", "cash"];
    let (calls, lines) = created(Ok(GATEWAYS), &given);
    assert_eq!(
        calls,
        [
            "GetPaymentMethods",
            "CreateInvoice",
            "CreateInvoice",
            "CreateInvoice"
        ]
    );
    assert_eq!(
        lines,
        [
            "`CreateInvoice`: `GetPaymentMethods` does not list the paymentmethod `paypall`, which is sent as it is; did you mean `paypal`?",
            "`CreateInvoice`: `GetPaymentMethods` does not list the paymentmethod `cash`, which is sent as it is; it lists `banktransfer`, `paypal`",
        ]
    );
}

#[test]
fn a_filter_that_finds_nothing_is_told_of_if_the_server_does_not_list_it() {
    let statuses = ["Pendign", "Active", "Pending"];
    let (calls, lines) = called(
        Ok(GATEWAYS),
        "GetOrders",
        statuses.iter().map(|status| json!({"status": status})),
    );
    assert_eq!(
        calls,
        ["GetOrders", "GetOrderStatuses", "GetOrders", "GetOrders"]
    );
    assert_eq!(
        lines,
        [
            "`GetOrders`: `GetOrderStatuses` does not list the status `Pendign`, which finds nothing; did you mean `Pending`?"
        ]
    );
    let (calls, _) = called(
        Ok(GATEWAYS),
        "GetOrders",
        [json!({"status": "Pendign", "limitstart": 25})].into_iter(),
    );
    assert_eq!(calls, ["GetOrders"]);
}

#[test]
fn case_and_blanks_are_set_aside_and_an_empty_value_asks_for_nothing() {
    let (_, lines) = created(Ok(GATEWAYS), &[" PayPal ", "banktransfer"]);
    assert_eq!(lines, [""; 0]);
    let (calls, _) = created(Ok(GATEWAYS), &[""]);
    assert_eq!(calls, ["CreateInvoice"]);
}

#[test]
fn what_cannot_be_read_is_asked_for_once_and_stops_nothing() {
    for kind in [CallErrorKind::Permission, CallErrorKind::Api] {
        let (calls, lines) = created(Err(kind), &["cash", "cash"]);
        assert_eq!(
            calls,
            ["GetPaymentMethods", "CreateInvoice", "CreateInvoice"]
        );
        assert_eq!(lines, [""; 0]);
    }
}

#[test]
fn a_list_that_holds_nothing_leaves_values_unchecked() {
    let (_, lines) = created(Ok(&[]), &["cash"]);
    assert_eq!(lines, [""; 0]);
}
