use jiff::{Span, civil::Date};

use crate::sandbox::store::Store;
use crate::sandbox::testing::{answer, change, column, count, json, refuses, store};

const SUCCESS: &str = r#"{"result":"success"}"#;

/// A store in which client 3 ordered `shop.com` for two years, domain 2.
fn ordered() -> Store {
    let store = store();
    let order =
        "clientid=3&paymentmethod=paypal&domain[0]=shop.com&domaintype[0]=register&regperiod[0]=2";
    assert_eq!(answer(&store, "AddOrder", order).text("result"), "success");
    store
}

fn shown(store: &Store, domain: i64, field: &str) -> String {
    let list = answer(store, "GetClientsDomains", &format!("domainid={domain}"));
    column(&list, "domains.domain", field).remove(0)
}

fn in_years(years: i64) -> String {
    let today: Date = crate::sandbox::clock::Clock::System.now().date();
    today.saturating_add(Span::new().years(years)).to_string()
}

#[test]
fn a_domain_is_registered_by_id_or_name_for_its_period() {
    for query in ["domainid=2", "domain=SHOP.com&idnlanguage=GER"] {
        let store = ordered();
        assert_eq!(json(&store, "DomainRegister", query), SUCCESS);
        assert_eq!(shown(&store, 2, "status"), "Active");
        assert_eq!(shown(&store, 2, "regdate"), in_years(0));
        assert_eq!(shown(&store, 2, "expirydate"), in_years(2));
    }
    let cases = [
        ("", "Domain Not Found"),
        ("domainid=9&domain=mueller.example", "Domain Not Found"),
        ("domain=nobody.com", "Domain Not Found"),
    ];
    for action in [
        "DomainRegister",
        "DomainTransfer",
        "DomainRenew",
        "DomainRelease",
    ] {
        refuses(&store(), action, &cases);
    }
    let reply = answer(&ordered(), "DomainRegister", "domainid=2&idnlanguage=xx");
    let start = "Invalid IDN Language. Must be one of: afr, ";
    assert!(reply.text("message").starts_with(start), "{reply:?}");
}

#[test]
fn a_name_somebody_has_cannot_be_registered_again() {
    let store = ordered();
    change(
        &store,
        "UPDATE domains SET domain = 'mueller.example' WHERE id = 2",
    );
    let cases = [("domainid=2", "Registrar Error Message")];
    refuses(&store, "DomainRegister", &cases);
    assert_eq!(shown(&store, 2, "status"), "Pending");
}

#[test]
fn a_transfer_waits_with_its_code() {
    let store = ordered();
    let query = "domainid=2&eppcode=x%26y7";
    assert_eq!(json(&store, "DomainTransfer", query), SUCCESS);
    assert_eq!(shown(&store, 2, "status"), "Pending Transfer");
    let code = answer(&store, "DomainRequestEPP", "domainid=2");
    assert_eq!(code.text("eppcode"), "x&y7");
}

#[test]
fn renewing_moves_expiry_and_due_dates_by_the_years_asked_for_or_the_period() {
    let store = ordered();
    answer(&store, "DomainRegister", "domainid=2");
    assert_eq!(json(&store, "DomainRenew", "domain=shop.com"), SUCCESS);
    assert_eq!(shown(&store, 2, "expirydate"), in_years(4));
    assert_eq!(shown(&store, 2, "nextduedate"), in_years(2));
    assert_eq!(
        json(&store, "DomainRenew", "domainid=2&regperiod=3"),
        SUCCESS
    );
    assert_eq!(shown(&store, 2, "expirydate"), in_years(7));
    assert_eq!(shown(&store, 2, "regperiod"), "2");
}

#[test]
fn a_released_domain_needs_a_tag_and_cannot_be_renewed() {
    let store = store();
    let failed = [("domainid=1", "Registrar Error Message")];
    refuses(&store, "DomainRelease", &failed);
    assert_eq!(shown(&store, 1, "status"), "Active");
    assert_eq!(
        json(&store, "DomainRelease", "domainid=1&newtag=NOMINET"),
        SUCCESS
    );
    assert_eq!(shown(&store, 1, "status"), "Transferred Away");
    refuses(&store, "DomainRenew", &failed);
}

#[test]
fn a_code_is_made_once() {
    let store = store();
    let first = answer(&store, "DomainRequestEPP", "domainid=1");
    assert_eq!(first.text("eppcode").len(), 12);
    assert_eq!(answer(&store, "DomainRequestEPP", "domainid=1"), first);
}

#[test]
fn lock_and_id_protection_keep_what_they_are_set_to() {
    let store = store();
    let lock = || json(&store, "DomainGetLockingStatus", "domainid=1");
    assert_eq!(lock(), r#"{"result":"success","lockstatus":"locked"}"#);
    let set = |query| json(&store, "DomainUpdateLockingStatus", query);
    assert_eq!(set("domainid=1&lockstatus=0"), SUCCESS);
    assert_eq!(lock(), r#"{"result":"success","lockstatus":"unlocked"}"#);
    assert_eq!(set("domainid=1&lockstatus=1"), SUCCESS);
    assert_eq!(lock(), r#"{"result":"success","lockstatus":"locked"}"#);
    for (sent, kept) in [("1", "1"), ("0", "0")] {
        let query = format!("domainid=1&idprotect={sent}");
        assert_eq!(json(&store, "DomainToggleIdProtect", &query), SUCCESS);
        assert_eq!(shown(&store, 1, "idprotection"), kept);
    }
}

#[test]
fn nameservers_are_set_together_and_default_to_the_servers_own() {
    let store = ordered();
    let get = |id: i64| json(&store, "DomainGetNameservers", &format!("domainid={id}"));
    let defaults = r#"{"result":"success","ns1":"ns1.example.com","ns2":"ns2.example.com","ns3":"","ns4":"","ns5":""}"#;
    assert_eq!(get(2), defaults);
    let set = |query| json(&store, "DomainUpdateNameservers", query);
    assert_eq!(set("domain=shop.com&ns1=a.b&ns2=c.d&ns3=e.f"), SUCCESS);
    assert!(get(2).contains(r#""ns1":"a.b","ns2":"c.d","ns3":"e.f","ns4":"""#));
    assert_eq!(set("domainid=2&ns1=a.b&ns2=x.y"), SUCCESS);
    assert!(get(2).contains(r#""ns2":"x.y","ns3":"""#));
    let cases = [
        ("domainid=2&ns1=a.b", "ns1 and ns2 required"),
        ("domainid=9&ns1=a.b&ns2=c.d", "Domain ID Not Found"),
    ];
    refuses(&store, "DomainUpdateNameservers", &cases);
}

#[test]
fn a_domain_must_be_known_by_its_id() {
    for action in [
        "DomainRequestEPP",
        "DomainToggleIdProtect",
        "DomainGetLockingStatus",
        "DomainUpdateLockingStatus",
        "DomainGetNameservers",
    ] {
        let cases = [
            ("", "Domain ID Not Found"),
            ("domainid=9", "Domain ID Not Found"),
        ];
        refuses(&store(), action, &cases);
    }
}

#[test]
fn a_registrar_that_is_not_active_fails_and_the_command_waits_in_the_queue() {
    let store = ordered();
    change(&store, "DELETE FROM registrars");
    let failed = [("domainid=2", "Registrar Error Message")];
    refuses(&store, "DomainRegister", &failed);
    refuses(&store, "DomainRegister", &failed);
    let queue = || answer(&store, "GetModuleQueue", "relatedId=2&serviceType=domain");
    assert_eq!(
        column(&queue(), "queue", "moduleAction"),
        ["RegisterDomain"]
    );
    assert_eq!(column(&queue(), "queue", "numRetries"), ["1"]);
    let cases = [("domainid=2", "Registrar Function Not Supported")];
    refuses(&store, "DomainGetNameservers", &cases);
    let cases = [(
        "domainid=2",
        "An invalid configuration was detected with the registrar module",
    )];
    refuses(&store, "DomainUpdateLockingStatus", &cases);
    let activate = "moduleType=registrar&moduleName=enom";
    assert_eq!(json(&store, "ActivateModule", activate), SUCCESS);
    assert_eq!(json(&store, "DomainRegister", "domainid=2"), SUCCESS);
    assert_eq!(queue().text("count"), "0");
    let done = "SELECT COUNT(*) FROM module_queue WHERE completed = 1";
    assert_eq!(count(&store, done), 1);
}
