"""A life of a client through `pywhmcs7`: an administrator's name and password, one function, replies as text.

The library is of 2018 and for Python 2; `run` translates it with `lib2to3`, and the password is bytes because
Python 3 takes no other to make an MD5 of.
"""

import json
import os
import xml.etree.ElementTree as ElementTree
from contextlib import redirect_stdout

from pywhmcs7 import invoke

URL = os.environ["WHMCS_URL"]


def send(action, form="json", password=b"admin", **params):
    # The library prints every reply.
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        return invoke(URL, "admin", password, "", action, form, params)


def done(action, **params):
    status, text = send(action, **params)
    reply = json.loads(text)
    assert (status, reply["result"]) == (200, "success"), text
    return reply


client = done(
    "addclient", firstname="Íñigo", lastname="d'Aubigné", email="inigo@example.com", address1="Calle 1/2", city="Irún",
    state="Gipuzkoa", postcode="20301", country="ES", phonenumber="943 555 012", password2="ñ=&%20", noemail=True,
)["clientid"]
assert isinstance(client, int), client
print("adds a client with the credentials of an administrator")

found = done("getclients", search="inigo")
assert (found["totalresults"], found["clients"]["client"][0]["id"]) == (1, client), found
assert done("getclients", search="nobody-at-all")["clients"] == ""
print("finds it in the list, and nothing as empty text")

details = done("getclientsdetails", clientid=client)
assert (details["firstname"], details["client"]["lastname"]) == ("Íñigo", "d'Aubigné"), details
assert (details["userid"], details["client"]["phonecc"]) == (client, 34), details
print("reads it back, at the top of the reply as in old versions and below")

order = done("addorder", clientid=client, paymentmethod="paypal", **{"pid[0]": 1, "domain[0]": "irun.example", "billingcycle[0]": "monthly"})
assert (order["serviceids"], order["addonids"]) == (order["productids"], ""), order
service = done("getclientsproducts", clientid=client)["products"]["product"][0]
assert (service["id"], service["serverip"], service["serverhostname"]) == (int(order["serviceids"]), None, None), service
print("orders a service, which has no server yet")

invoice = done("getinvoice", invoiceid=order["invoiceid"])
assert (invoice["transactions"], invoice["balance"]) == ("", invoice["total"]), invoice
done("addinvoicepayment", invoiceid=order["invoiceid"], transid="SEPA-7", gateway="paypal", date="2026-03-04 05:06:07")
done("addinvoicepayment", invoiceid=order["invoiceid"], transid="SEPA-7", gateway="paypal", date="2026-03-04 05:06:07", amount="5.00")
assert done("getinvoice", invoiceid=order["invoiceid"])["status"] == "Paid"
assert done("getclientsdetails", clientid=client)["client"]["credit"] == "5.00"
print("pays the invoice, and once too often: the excess is credit")

root = ElementTree.fromstring(send("getclientsdetails", form="xml", clientid=client)[1])
assert (root.find("action").text, root.find("client/lastname").text) == ("getclientsdetails", "d'Aubigné"), root
print("reads the same in XML")

status, text = send("getclients", password=b"wrong")
assert (status, json.loads(text)["message"]) == (403, "Authentication Failed"), text
status, text = send("getclientz")
assert (status, json.loads(text)["message"]) == (403, 'Invalid Permissions: API action "getclientz" is not allowed'), text
print("is told in words that it may not call")
