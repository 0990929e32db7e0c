//! Who holds a domain: the lookup of a name, and the contact details at the registrar.

use super::registrar;
use crate::sandbox::call::Call;
use crate::sandbox::pricing;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::registrar::{ROLES, contact, is_free, save_contact, whois};
use crate::sandbox::reply::Answer;
use crate::sandbox::xml;

/// Extensions with a WHOIS server, besides those on sale.
const WITH_SERVER: &[&str] = &[
    "app", "at", "be", "biz", "ca", "cc", "ch", "cloud", "co", "co.uk", "com", "com.au", "de",
    "dev", "dk", "es", "eu", "fi", "fr", "ie", "in", "info", "io", "it", "jp", "me", "mobi",
    "name", "net", "nl", "no", "online", "org", "org.uk", "pl", "pt", "ru", "se", "shop", "site",
    "store", "tech", "tv", "uk", "us", "xyz",
];

/// Tells whether a name is free, by the sandbox's own domains.
pub fn lookup(call: &Call) -> Result<Answer, Refusal> {
    let name = name(call)?;
    let Some((label, tld)) = name.split_once('.').filter(|_| is_name(&name)) else {
        return refuse("Domain not valid");
    };
    let is_sold = pricing::tld(call.db, &name)?.is_some();
    if !is_sold && !WITH_SERVER.contains(&tld) || label.is_empty() {
        return refuse("The given TLD is not supported for WHOIS lookups");
    }
    let status = if is_free(call.db, &name)? {
        "available"
    } else {
        "unavailable"
    };
    Ok(Answer::success()
        .with("status", status)
        .with("whois", whois(call.db, &name)?))
}

/// The name to look up; a domain's number is taken for its name, as node-whmcs's own tests expect.
fn name(call: &Call) -> rusqlite::Result<String> {
    let known: Option<String> = match call.undocumented_int("domainid") {
        Some(id) if call.text("domain").is_empty() => call
            .db
            .value("SELECT domain FROM domains WHERE id = ?1", [id])?,
        _ => None,
    };
    let name = known.unwrap_or_else(|| call.text("domain").to_owned());
    Ok(name.trim().to_lowercase())
}

/// Whether a text is labels with dots between them.
fn is_name(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

/// The contact details of a domain.
pub fn contacts(call: &Call) -> Result<Answer, Refusal> {
    let domain = registrar::by_id(call)?;
    if !domain.has_registrar() {
        return domain.fails(call, "GetContactDetails", "Registrar module is not active");
    }
    let mut answer = Answer::success();
    for role in ROLES {
        answer.push(role, contact(call.db, domain.id(), role)?);
    }
    Ok(answer)
}

/// Saves what was sent of the contact details; the rest stays.
pub fn update_contacts(call: &Call) -> Result<Answer, Refusal> {
    let domain = registrar::by_id(call)?;
    let text = call.required("xml", "XML Required")?;
    let details = xml::parse(text).unwrap_or_default().children;
    let roles: Vec<_> = details
        .iter()
        .filter_map(|part| {
            let role = ROLES
                .into_iter()
                .find(|role| role.eq_ignore_ascii_case(&part.name))?;
            Some((role, &part.children))
        })
        .collect();
    if roles.is_empty() {
        return domain.fails(call, "SaveContactDetails", "No contact details were sent");
    }
    domain.run(call, "SaveContactDetails", || {
        for (role, fields) in roles {
            for field in fields {
                save_contact(call.db, domain.id(), role, &field.name, field.text.trim())?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, json, refuses, store};

    #[test]
    fn a_name_is_unavailable_once_a_client_has_it() {
        let store = store();
        let order = "clientid=3&paymentmethod=paypal&domain[0]=shop.com&domaintype[0]=register";
        answer(&store, "AddOrder", order);
        let status = |name: &str| {
            let reply = answer(&store, "DomainWhois", &format!("domain={name}"));
            assert!(
                reply.text("whois").contains(&name.to_uppercase()),
                "{reply:?}"
            );
            reply.text("status").to_owned()
        };
        assert_eq!(status("shop.com"), "available");
        answer(&store, "DomainRegister", "domain=shop.com");
        assert_eq!(status("Shop.com"), "unavailable");
        let by_number = answer(&store, "DomainWhois", "domainid=2");
        assert!(
            by_number.text("whois").contains("SHOP.COM"),
            "{by_number:?}"
        );
        assert_eq!(status("example.com"), "unavailable");
        let order = "clientid=3&paymentmethod=paypal&domain[0]=example.com&domaintype[0]=register";
        answer(&store, "AddOrder", order);
        let registered = answer(&store, "DomainRegister", "domain=example.com");
        assert_eq!(registered.text("result"), "success");
        let whois = answer(&store, "DomainWhois", "domain=shop.com");
        assert!(
            whois
                .text("whois")
                .contains("Registrant Name: Martin Price\n"),
            "{whois:?}"
        );
        answer(&store, "DomainToggleIdProtect", "domainid=2&idprotect=1");
        let whois = answer(&store, "DomainWhois", "domain=shop.com");
        assert!(!whois.text("whois").contains("Martin"), "{whois:?}");
    }

    #[test]
    fn a_name_must_be_one_under_a_known_extension() {
        let unsupported = "The given TLD is not supported for WHOIS lookups";
        let cases = [
            ("", "Domain not valid"),
            ("domainid=99", "Domain not valid"),
            ("domain=shop", "Domain not valid"),
            ("domain=.com", "Domain not valid"),
            ("domain=a_b.com", "Domain not valid"),
            ("domain=-a.com", "Domain not valid"),
            ("domain=shop.nosuch", unsupported),
        ];
        refuses(&store(), "DomainWhois", &cases);
    }

    #[test]
    fn contacts_are_the_clients_until_others_are_saved() {
        let store = store();
        let get = || json(&store, "DomainGetWhoisInfo", "domainid=1");
        let own = r#"{"result":"success","Registrant":{"First_Name":"Zo\u00eb","Last_Name":"M\u00fcller","Organisation_Name":"M\u00fcller & S\u00f6hne GmbH","Job_Title":null,"Email":"zoe.mueller@example.com","#;
        assert!(get().starts_with(own), "{}", get());
        let xml = "<contactdetails><Registrant><First_Name>Kai &amp; Co</First_Name><job_title>CEO</job_title>\
                   <Fax>1</Fax></Registrant><Tech><Email>t@x.example</Email></Tech></contactdetails>";
        let xml = xml
            .replace('&', "%26")
            .replace('<', "%3C")
            .replace(' ', "+");
        assert_eq!(
            json(
                &store,
                "DomainUpdateWhoisInfo",
                &format!("domainid=1&xml={xml}")
            ),
            r#"{"result":"success"}"#
        );
        let saved = get();
        for part in [
            r#""Registrant":{"First_Name":"Kai & Co","Last_Name":"M\u00fcller""#,
            r#""Job_Title":"CEO","#,
            r#""Fax":"1"},"Admin":{"First_Name":"Zo\u00eb""#,
            r#""Email":"t@x.example""#,
        ] {
            assert!(saved.contains(part), "{part} is missing in {saved}");
        }
    }

    #[test]
    fn contacts_need_a_domain_an_xml_text_and_a_registrar() {
        let store = store();
        let cases = [
            ("domainid=9&xml=x", "Domain ID Not Found"),
            ("domainid=1", "XML Required"),
            ("domainid=1&xml=nonsense", "Registrar Error Message"),
            (
                "domainid=1&xml=%3Ca%3E%3CBoss/%3E%3C/a%3E",
                "Registrar Error Message",
            ),
        ];
        refuses(&store, "DomainUpdateWhoisInfo", &cases);
        change(&store, "DELETE FROM registrars");
        let cases = [
            ("domainid=9", "Domain ID Not Found"),
            ("domainid=1", "Registrar Error Message"),
        ];
        refuses(&store, "DomainGetWhoisInfo", &cases);
    }
}
