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
mod tests;
