"""A client's life through `whmcs-api-client`: the action in the address, the rest in the body, replies as models."""

import os

from whmcs_client import ApiClient, Configuration, DefaultApi

WHO = ("sandbox", "sandbox")

# The library adds `/api.php?action=…` to the address it is given.
server = DefaultApi(ApiClient(Configuration(host=os.environ["WHMCS_URL"].removesuffix("/api.php"))))


def done(reply):
    assert reply.result == "success", reply
    return reply


def refused(words, reply):
    assert (reply.result, reply.message) == ("error", words), reply


ids = server.get_currencies(*WHO, responsetype="json").currencies.currency
assert [(currency.id, currency.code) for currency in ids][0] == (1, "USD"), ids
gateways = server.get_payment_methods(*WHO, responsetype="json").paymentmethods.paymentmethod
assert {"banktransfer", "paypal"} <= {gateway.module for gateway in gateways}, gateways
print("reads currencies and gateways")

client = done(server.add_client(
    *WHO, "Șerban", "Țurcanu", "serban.turcanu@example.com", "Str. Lungă 7", "Brașov", "Brașov", "500035", "RO",
    "0268 555 012", responsetype="json", password2="parolă=1&2", currency=1, noemail=True, marketingoptin=True,
)).clientid
assert isinstance(client, int), client
print("adds a client")

refused("A user already exists with that email address", server.add_client(
    *WHO, "A", "B", "serban.turcanu@example.com", "x", "x", "x", "1", "RO", "1", responsetype="json", password2="p",
))
print("is told in words what is refused")

found = done(server.get_clients(*WHO, responsetype="json", search="serban", limitnum=5, sorting="DESC"))
assert (found.totalresults, found.numreturned) == (1, 1), found
assert (found.clients.client[0].id, found.clients.client[0].lastname) == (client, "Țurcanu"), found
print("finds it in the list")

done(server.update_client(*WHO, responsetype="json", clientid=client, phonenumber="0268 555 013"))
details = done(server.get_clients_details(*WHO, responsetype="json", clientid=client, stats=True))
assert (details.client.email, details.client.phonenumber) == ("serban.turcanu@example.com", "0268 555 013"), details
refused("Client Not Found", server.get_clients_details(*WHO, responsetype="json", clientid=999999))
print("updates it and reads it back")

sold = done(server.get_products(*WHO, responsetype="json", pid="1,2")).products["product"]
assert [product["pid"] for product in sold] == [1, 2], sold
print("reads products by a list of numbers")

order = done(server.add_order(
    *WHO, client, "banktransfer", responsetype="json", pid=[1, 2], domain=["brasov.example", "tara.example"],
    billingcycle=["monthly", "annually"], qty=[1, 1],
))
assert len(order.productids) == 2 and int(order.invoiceid) > 0, order
services = done(server.get_clients_products(*WHO, responsetype="json", clientid=client)).products["product"]
assert sorted(service["domain"] for service in services) == ["brasov.example", "tara.example"], services
print("orders two services in one order")

second = done(server.add_order(
    *WHO, client, "paypal", responsetype="json", domain=["turcanu-brasov.com"], domaintype=["register"], regperiod=[2],
))
domains = done(server.get_clients_domains(*WHO, responsetype="json", clientid=client)).domains
assert [(domain.domainname, domain.regperiod) for domain in domains] == [("turcanu-brasov.com", 2)], domains
print("orders a domain for two years")

domain = domains[0].id
done(server.domain_update_nameservers(*WHO, responsetype="json", domainid=domain, ns1="a.example", ns2="b.example"))
servers = done(server.domain_get_nameservers(*WHO, responsetype="json", domainid=domain))
assert (servers.ns1, servers.ns2) == ("a.example", "b.example"), servers
assert done(server.domain_whois(*WHO, responsetype="json", domain="free-as-a-bird.com")).status == "available"
print("changes the name servers and looks a name up")

bills = done(server.get_invoices(*WHO, responsetype="json", userid=client)).invoices["invoice"]
assert {int(order.invoiceid), int(second.invoiceid)} == {bill["id"] for bill in bills}, bills
assert {bill["status"] for bill in bills} == {"Unpaid"}, bills
print("lists the invoices of both orders")

refused("The order status must be in Cancelled or Fraud to be deleted",
        server.delete_order(*WHO, responsetype="json", orderid=int(order.orderid)))
for number in (order.orderid, second.orderid):
    done(server.cancel_order(*WHO, responsetype="json", orderid=int(number)))
    done(server.delete_order(*WHO, responsetype="json", orderid=int(number)))
assert done(server.get_orders(*WHO, responsetype="json", userid=client)).totalresults == 0
print("cancels and deletes the orders")

prices = done(server.get_tld_pricing(*WHO, responsetype="json")).pricing
assert "com" in prices and float(prices["com"].register["1"]) > 0, prices
done(server.affiliate_activate(*WHO, responsetype="json", userid=client))
print("reads the prices of domains, and makes an affiliate")
