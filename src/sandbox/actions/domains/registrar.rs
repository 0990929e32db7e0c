//! What is asked of a domain's registrar: register, transfer, renew, release, nameservers, lock, code.
//!
//! A domain whose registrar is not active gets the registrar's error. The reference
//! gives that error one text for all causes; which it was stands in the activity log
//! and the module queue.

use crate::sandbox::call::Call;
use crate::sandbox::queue::Command;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::registrar::{self, NAMESERVERS};
use crate::sandbox::reply::Answer;

const FAILED: &str = "Registrar Error Message";
const NO_DOMAIN: &str = "Domain Not Found";
const NO_ID: &str = "Domain ID Not Found";

/// The registrar's languages for internationalised names, in ISO 639-2.
const LANGUAGES: &[&str] = &[
    "afr", "alb", "ara", "arm", "bel", "ben", "bul", "cat", "chi", "cze", "dan", "dut", "eng",
    "est", "fin", "fre", "geo", "ger", "gre", "guj", "heb", "hin", "hrv", "hun", "ice", "ind",
    "ita", "jpn", "kor", "lav", "lit", "mac", "mal", "nor", "per", "pol", "por", "rum", "rus",
    "slo", "slv", "spa", "srp", "swe", "tam", "tel", "tha", "tur", "ukr", "vie", "yid",
];

/// A domain as its registrar is asked about it.
pub struct Domain {
    id: i64,
    client: i64,
    name: String,
    registrar: String,
    status: String,
    is_active: bool,
}

impl Domain {
    /// The id.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Whether its registrar module is there and active.
    pub fn has_registrar(&self) -> bool {
        self.is_active
    }

    fn command<'c>(&'c self, action: &'c str) -> Command<'c> {
        Command {
            service_type: "domain",
            service_id: self.id,
            client_id: self.client,
            module: &self.registrar,
            action,
        }
    }

    /// The registrar's error, which stays in the queue until the command succeeds.
    pub fn fails(&self, call: &Call, action: &str, words: &str) -> Result<Answer, Refusal> {
        Ok(self.command(action).failed(call, words, FAILED)?)
    }

    /// Runs a command at an active registrar.
    pub fn run(
        &self,
        call: &Call,
        action: &str,
        command: impl FnOnce() -> rusqlite::Result<()>,
    ) -> Result<Answer, Refusal> {
        if !self.is_active {
            return self.fails(call, action, "Registrar module is not active");
        }
        command()?;
        Ok(self.command(action).succeeded(call)?)
    }
}

/// The domain of the id a call names.
pub fn by_id(call: &Call) -> Result<Domain, Refusal> {
    find(call, "id = ?1", &call.int("domainid"), NO_ID)
}

/// The domain a call names by its id or, without one, by its name.
fn by_id_or_name(call: &Call, message: &str) -> Result<Domain, Refusal> {
    match call.given_int("domainid") {
        Some(id) => find(call, "id = ?1", &id, message),
        None => find(call, "domain = ?1", &call.text("domain"), message),
    }
}

fn find(
    call: &Call,
    condition: &str,
    value: &dyn rusqlite::ToSql,
    message: &str,
) -> Result<Domain, Refusal> {
    // Of two records of one name the later is the one in use.
    let found = call.db.row(
        &format!(
            "SELECT id, client_id, domain, registrar, status, registrar IN (SELECT module FROM registrars) \
             FROM domains WHERE {condition} ORDER BY id DESC LIMIT 1"
        ),
        [value],
        |row| {
            Ok(Domain {
                id: row.get(0)?,
                client: row.get(1)?,
                name: row.get(2)?,
                registrar: row.get(3)?,
                status: row.get(4)?,
                is_active: row.get(5)?,
            })
        },
    )?;
    found.ok_or_else(|| Refusal::says(message))
}

/// Registers a domain.
pub fn register(call: &Call) -> Result<Answer, Refusal> {
    let domain = by_id_or_name(call, NO_DOMAIN)?;
    if let Some(language) = call.given("idnlanguage") {
        let language = language.to_ascii_lowercase();
        if !LANGUAGES.contains(&language.as_str()) {
            return refuse(format!(
                "Invalid IDN Language. Must be one of: {}",
                LANGUAGES.join(", ")
            ));
        }
        call.db
            .update("domains", domain.id, &[("idnlanguage", &language)])?;
    }
    if registrar::is_taken(call.db, &domain.name, domain.id)? {
        return domain.fails(call, "RegisterDomain", "Domain name not available");
    }
    domain.run(call, "RegisterDomain", || {
        registrar::register(call, domain.id)
    })
}

/// Starts the transfer of a domain.
pub fn transfer(call: &Call) -> Result<Answer, Refusal> {
    let domain = by_id_or_name(call, NO_DOMAIN)?;
    domain.run(call, "TransferDomain", || {
        registrar::transfer(call.db, domain.id, call.given("eppcode"))
    })
}

/// Renews a domain, unless it is no more.
pub fn renew(call: &Call) -> Result<Answer, Refusal> {
    let domain = by_id_or_name(call, NO_DOMAIN)?;
    let is_gone = ["Cancelled", "Fraud", "Transferred Away"]
        .iter()
        .any(|gone| gone.eq_ignore_ascii_case(&domain.status));
    if is_gone {
        return domain.fails(call, "RenewDomain", "Domain is not with this registrar");
    }
    let years = call.given_int("regperiod").filter(|years| *years > 0);
    domain.run(call, "RenewDomain", || {
        registrar::renew(call, domain.id, years)
    })
}

/// Hands a domain over to another registrar.
pub fn release(call: &Call) -> Result<Answer, Refusal> {
    let domain = by_id_or_name(call, NO_DOMAIN)?;
    let Some(tag) = call.given("newtag") else {
        return domain.fails(call, "ReleaseDomain", "The receiving tag is missing");
    };
    domain.run(call, "ReleaseDomain", || {
        registrar::release(call.db, domain.id, tag)
    })
}

/// Tells the code that another registrar needs to take a domain over.
pub fn request_epp(call: &Call) -> Result<Answer, Refusal> {
    let domain = by_id(call)?;
    let mut code = String::new();
    let answer = domain.run(call, "GetEPPCode", || {
        code = registrar::epp_code(call.db, domain.id)?;
        Ok(())
    })?;
    Ok(if code.is_empty() {
        answer
    } else {
        answer.with("eppcode", code)
    })
}

/// Turns ID protection on or off.
pub fn toggle_id_protect(call: &Call) -> Result<Answer, Refusal> {
    let domain = by_id(call)?;
    domain.run(call, "IDProtectToggle", || {
        let on = i64::from(call.flag("idprotect"));
        call.db
            .update("domains", domain.id, &[("idprotection", &on)])?;
        Ok(())
    })
}

/// Tells whether a domain is locked.
pub fn locking_status(call: &Call) -> Result<Answer, Refusal> {
    let domain = by_id(call)?;
    let locked: Option<bool> = call
        .db
        .value("SELECT locked FROM domains WHERE id = ?1", [domain.id])?;
    let status = if locked == Some(true) {
        "locked"
    } else {
        "unlocked"
    };
    Ok(Answer::success().with("lockstatus", status))
}

/// Locks or unlocks a domain.
pub fn update_locking_status(call: &Call) -> Result<Answer, Refusal> {
    let domain = by_id(call)?;
    if !domain.is_active {
        return refuse("An invalid configuration was detected with the registrar module");
    }
    domain.run(call, "SaveRegistrarLock", || {
        let on = i64::from(call.flag("lockstatus"));
        call.db.update("domains", domain.id, &[("locked", &on)])?;
        Ok(())
    })
}

/// Tells a domain's nameservers.
pub fn nameservers(call: &Call) -> Result<Answer, Refusal> {
    let domain = by_id(call)?;
    if !domain.is_active {
        return refuse("Registrar Function Not Supported");
    }
    let mut answer = Answer::success();
    answer.extend(registrar::nameservers(call.db, domain.id)?);
    Ok(answer)
}

/// Sets a domain's nameservers; those that are not sent are gone.
pub fn update_nameservers(call: &Call) -> Result<Answer, Refusal> {
    let domain = by_id_or_name(call, NO_ID)?;
    if call.given("ns1").is_none() || call.given("ns2").is_none() {
        return refuse("ns1 and ns2 required");
    }
    domain.run(call, "SaveNameservers", || {
        for name in NAMESERVERS {
            call.db
                .update("domains", domain.id, &[(name, &call.text(name))])?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use jiff::{Span, civil::Date};

    use crate::sandbox::clock;
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{answer, change, column, count, json, refuses, store};

    const SUCCESS: &str = r#"{"result":"success"}"#;

    /// A store in which client 3 ordered `shop.com` for two years, domain 2.
    fn ordered() -> Store {
        let store = store();
        let order = "clientid=3&paymentmethod=paypal&domain[0]=shop.com&domaintype[0]=register&regperiod[0]=2";
        assert_eq!(answer(&store, "AddOrder", order).text("result"), "success");
        store
    }

    fn shown(store: &Store, domain: i64, field: &str) -> String {
        let list = answer(store, "GetClientsDomains", &format!("domainid={domain}"));
        column(&list, "domains.domain", field).remove(0)
    }

    fn in_years(years: i64) -> String {
        let today: Date = clock::now().date();
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
}
