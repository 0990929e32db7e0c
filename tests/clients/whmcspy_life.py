"""A client's life through `whmcspy`: exceptions for refusals, generators over pages."""

import os

import whmcspy

server = whmcspy.WHMCS(os.environ["WHMCS_URL"], "sandbox", "sandbox")


def refused(words, call, *args, **params):
    try:
        call(*args, **params)
    except whmcspy.Error as error:
        assert words in str(error), f"{error} instead of {words}"
    else:
        raise AssertionError(f"was not refused with {words}")


client = int(server.add_client(
    "Łukasz", "Żak", "lukasz.zak@example.com", "ul. Długa 5", "Gdańsk", "Pomorskie", "80-001", "PL",
    "58 555 01 23", "hasło&1", noemail=1,
))
print("adds a client")

details = server.call("GetClientsDetails", clientid=client)["client"]
assert (details["firstname"], details["city"]) == ("Łukasz", "Gdańsk"), details
print("reads it back")

refused("email address", server.add_client, "A", "B", "lukasz.zak@example.com", "x", "x", "x", "1", "PL", "1", "pw")
refused("Client Not Found", server.call, "GetClientsDetails", clientid=999999)
print("raises WHMCS's words for what is refused")

server.call("UpdateClient", clientid=client, city="Sopot")
assert server.call("GetClientsDetails", clientid=client)["client"]["city"] == "Sopot"
print("updates it")

pages = list(server.paginated_call("GetClients", limitnum=2))
total = pages[0]["totalresults"]
ids = [found["id"] for page in pages for found in page["clients"]["client"]]
assert len(ids) == len(set(ids)) == total and client in ids, (total, ids)
print("walks every page of clients")

product = server.add_product("Mały serwer", 1, type="other", paytype="onetime")
order = server.add_order(client, products=[{"id": 1, "domain": "zak.example"}], billingcycle="monthly", noemail=1)
assert [found["status"] for found in server.get_orders(userid=client)] == ["Pending"]
server.accept_order(order["orderid"])
services = list(server.get_clients_products(active=True, clientid=client))
assert [service["domain"] for service in services] == ["zak.example"], services
print("orders, accepts and walks the services")

server.update_client_product(int(services[0]["id"]), notes="przeniesiony")
assert next(server.get_clients_products(clientid=client))["notes"] == "przeniesiony"
print("changes the service")

server.add_order(client, domains=["zak-example.com"], regperiod=[1])
domains = list(server.get_clients_domains(clientid=client))
assert [domain["domainname"] for domain in domains] == ["zak-example.com"], domains
assert domains[0]["firstpaymentamount"] == "0.00", domains
print("orders a domain at a price of its own and walks the domains")

invoice = server.get_invoice(order["invoiceid"])
assert invoice["status"] == "Unpaid"
server.add_transaction("banktransfer", invoiceid=order["invoiceid"], amountin=invoice["total"], transid="ZAK-1")
assert server.get_invoice(order["invoiceid"])["status"] == "Paid"
assert [paid["transid"] for paid in server.get_transactions(invoiceid=order["invoiceid"])] == ["ZAK-1"]
refused("Transaction ID must be Unique", server.add_transaction, "banktransfer", userid=client, transid="ZAK-1")
print("pays the invoice by a transaction")

second = server.add_order(client, products=[{"id": product, "domain": ""}])
refused("", server.delete_order, second["orderid"])
server.cancel_order(second["orderid"])
server.pending_order(second["orderid"])
server.cancel_order(second["orderid"])
server.delete_order(second["orderid"])
assert second["orderid"] not in [found["id"] for found in server.get_orders(userid=client)]
print("cancels, reopens and deletes an order")

assert ".com" in str(server.get_tld_pricing()["pricing"].keys()) or "com" in server.get_tld_pricing()["pricing"]
print("reads the prices of domains")

server.call("CloseClient", clientid=client)
assert list(server.get_clients_products(active=True, clientid=client)) == []
print("closes the client, and no service is active")

server.call("DeleteClient", clientid=client, deleteusers=1, deletetransactions=1)
refused("Client Not Found", server.call, "GetClientsDetails", clientid=client)
print("deletes the client")

try:
    whmcspy.WHMCS(os.environ["WHMCS_URL"], "sandbox", "wrong").call("GetClients")
except whmcspy.MissingPermission as error:
    assert str(error) == "Authentication Failed", error
else:
    raise AssertionError("a wrong secret was accepted")
print("tells a refused credential from other refusals")
