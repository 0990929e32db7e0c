// A client's life through `whmcs-js`: promises, JSON, a class for each group of the API.
'use strict'
const assert = require('node:assert/strict')
const { Clients, Orders, Billing, Products, System } = require('whmcs-js')
const { step, done, live } = require('./step.js')

const access = { serverUrl: process.env.WHMCS_URL, identifier: 'sandbox', secret: 'sandbox' }
const clients = new Clients(access)
const orders = new Orders(access)
const billing = new Billing(access)
const products = new Products(access)
const system = new System(access)

const person = {
  firstname: 'Noé',
  lastname: "O'Hara & Söhne",
  email: 'noe.ohara@example.com',
  address1: '1 Quay / Pier',
  city: 'Galway',
  state: 'Galway',
  postcode: 'H91 AB12',
  country: 'IE',
  phonenumber: '091 555 0100',
  password2: 'a+b=c & d%20',
  noemail: true
}

async function life () {
  let clientid, order, invoiceid
  await step('adds a client', async () => {
    clientid = Number((await done(clients.addClient(person))).clientid)
    assert.ok(clientid > 0)
  })
  await step('is told in words what is missing', async () => {
    const reply = await clients.addClient({ ...person, email: '' })
    assert.equal(reply.result, 'error')
    assert.equal(typeof reply.message, 'string')
  })
  await step('reads it back letter by letter', async () => {
    const { client } = await done(clients.getClientsDetails({ clientid, stats: true }))
    for (const name of ['firstname', 'lastname', 'address1', 'city', 'email']) {
      assert.equal(client[name], person[name])
    }
  })
  await step('finds it in the list', async () => {
    const found = await done(clients.getClients({ search: 'noe.ohara', limitnum: 5 }))
    assert.equal(found.totalresults, 1)
    assert.equal(found.clients.client[0].id, clientid)
  })
  await step('updates it', async () => {
    await done(clients.updateClient({ clientid, city: 'Cork', companyname: 'Quay Ltd' }))
    const { client } = await done(clients.getClientsDetails({ clientid }))
    assert.deepEqual([client.city, client.companyname], ['Cork', 'Quay Ltd'])
  })
  await step('adds, lists and deletes a contact', async () => {
    const { contactid } = await done(clients.addContact({ clientid, firstname: 'Bo', email: 'bo@example.com' }))
    const { contacts } = await done(clients.getContacts({ userid: clientid }))
    assert.equal(contacts.contact[0].firstname, 'Bo')
    await done(clients.deleteContact({ contactid }))
    assert.equal((await done(clients.getContacts({ userid: clientid }))).totalresults, 0)
  })
  await step('reads products, gateways and currencies', async () => {
    const sold = await done(orders.getProducts({ pid: 1 }))
    assert.equal(sold.products.product[0].pid, 1)
    assert.ok((await done(system.getPaymentMethods({}))).paymentmethods.paymentmethod.length >= 2)
    assert.equal((await done(system.getCurrencies({}))).currencies.currency[0].code, 'USD')
  })
  await step('adds a product', async () => {
    const { pid } = await done(products.addProduct({ name: 'Quay Box', gid: 1, type: 'other', paytype: 'free' }))
    assert.equal((await done(orders.getProducts({ pid }))).products.product[0].name, 'Quay Box')
  })
  await step('orders hosting', async () => {
    order = await done(orders.addOrder({
      clientid, pid: 1, domain: 'quay.example', billingcycle: 'monthly', paymentmethod: 'banktransfer', noemail: true
    }))
    const listed = await done(orders.getOrders({ id: order.orderid }))
    assert.equal(listed.orders.order[0].status, 'Pending')
  })
  await step('accepts the order, and the service is active', async () => {
    await done(orders.acceptOrder({ orderid: order.orderid }))
    const { products } = await done(clients.getClientsProducts({ clientid }))
    assert.deepEqual(products.product.map(({ status, domain }) => [status, domain]), [['Active', 'quay.example']])
  })
  await step('pays the invoice of the order', async () => {
    const invoice = await done(billing.getInvoice({ invoiceid: order.invoiceid }))
    assert.equal(invoice.status, 'Unpaid')
    await done(billing.addInvoicePayment({ invoiceid: order.invoiceid, transid: 'QUAY-1', gateway: 'banktransfer' }))
    const paid = await done(billing.getInvoice({ invoiceid: order.invoiceid }))
    assert.deepEqual([paid.status, paid.balance], ['Paid', '0.00'])
    const { transactions } = await done(billing.getTransactions({ transid: 'QUAY-1' }))
    assert.equal(transactions.transaction[0].amountin, paid.total)
  })
  await step('writes an invoice and pays it with credit', async () => {
    invoiceid = (await done(billing.createInvoice({
      userid: clientid, itemdescription1: 'Consulting', itemamount1: '20.00', status: 'Unpaid'
    }))).invoiceid
    await done(billing.addCredit({ clientid, description: 'Goodwill', amount: '25.00' }))
    const applied = await done(billing.applyCredit({ invoiceid, amount: '20.00' }))
    assert.equal(String(applied.invoicepaid), 'true')
    const { credits } = await done(billing.getCredits({ clientid }))
    assert.ok(credits.credit.length >= 2)
    assert.equal((await done(clients.getClientsDetails({ clientid }))).client.credit, '5.00')
  })
  await step('cancels and deletes a second order, in that order only', async () => {
    const second = await done(orders.addOrder({ clientid, pid: 2, billingcycle: 'monthly', paymentmethod: 'paypal' }))
    assert.equal((await orders.deleteOrder({ orderid: second.orderid })).result, 'error')
    await done(orders.cancelOrder({ orderid: second.orderid }))
    await done(orders.deleteOrder({ orderid: second.orderid }))
    assert.equal((await done(orders.getOrders({ id: second.orderid }))).totalresults, 0)
  })
  await step('closes the client, and the services end', async () => {
    await done(clients.closeClient({ clientid }))
    assert.equal((await done(clients.getClientsDetails({ clientid }))).client.status, 'Closed')
    const { products } = await done(clients.getClientsProducts({ clientid }))
    assert.ok(products.product.every(({ status }) => ['Cancelled', 'Terminated'].includes(status)))
  })
  await step('deletes the client', async () => {
    await done(clients.deleteClient({ clientid, deleteusers: true, deletetransactions: true }))
    const gone = await clients.getClientsDetails({ clientid })
    assert.deepEqual(gone, { result: 'error', message: 'Client Not Found' })
  })
  await step('is refused with a wrong secret', async () => {
    const stranger = new Clients({ ...access, secret: 'wrong' })
    assert.deepEqual(await stranger.getClients({}), { result: 'error', message: 'Authentication Failed' })
  })
}

live(life)
