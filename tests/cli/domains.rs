//! A domain's life on the sandbox, as a script leads it.

use crate::support::Sandbox;

const LIFE: &str = r#"
let tld = create_or_update_tld(#{
    extension: ".shop", auto_registrar: "enom", currency_code: "USD",
    register: #{ "1": 12.5, "2": 24.0 }, renew: #{ "1": 13.5 }, transfer: #{ "1": 12.5 },
});
let order = add_order(#{
    clientid: 3, paymentmethod: "paypal", noemail: true,
    domain: ["corner.shop"], domaintype: ["register"], regperiod: [2],
});
let id = parse_int(`${order.domainids}`);
print(get_invoice(#{ invoiceid: order.invoiceid }).total);
print(domain_whois(#{ domain: "corner.shop" }).status);
domain_register(#{ domainid: id });
print(domain_whois(#{ domain: "corner.shop" }).status);
domain_update_nameservers(#{ domainid: id, ns1: "ns1.corner.example", ns2: "ns2.corner.example" });
print(domain_get_nameservers(#{ domainid: id }).ns2);
domain_update_locking_status(#{ domainid: id, lockstatus: false });
print(domain_get_locking_status(#{ domainid: id }).lockstatus);
domain_update_whois_info(#{
    domainid: id,
    xml: "<contactdetails><Registrant><City>Turku</City></Registrant></contactdetails>",
});
print(domain_get_whois_info(#{ domainid: id }).Registrant.City);
domain_release(#{ domainid: id, newtag: "OTHER" });
try { domain_renew(#{ domainid: id }); } catch (e) { print(e.message); }
print(get_module_queue(#{ relatedId: id, serviceType: "domain" }).queue[0].moduleAction);
"#;

#[test]
fn a_domain_is_sold_registered_kept_and_released() {
    let sandbox = Sandbox::start();
    let outcome = sandbox.desk().script(LIFE);
    assert_eq!(
        outcome.succeeded(),
        "24.00\navailable\nunavailable\nns2.corner.example\nunlocked\nTurku\n\
         Registrar Error Message\nRenewDomain\n"
    );
}
