// A client's life through `whmcs`: callbacks, credentials sent as user name and password.
'use strict'
const assert = require('node:assert/strict')
const { promisify } = require('node:util')
const WHMCS = require('whmcs')
const { step, live } = require('./step.js')

const server = new WHMCS({ serverUrl: process.env.WHMCS_URL, username: 'sandbox', password: 'sandbox', userAgent: 'whmcs' })

/** A method of a module as a promise. */
const on = (module, method) => promisify(server[module][method].bind(server[module]))

async function life () {
  const email = 'ines.pato@example.com'
  let clientid, order
  await step('creates a customer', async () => {
    const customer = await on('customers', 'createCustomer')({
      firstname: 'Inês', lastname: 'Pato', email, address1: 'Rua do Ouro 3', city: 'Lisboa', state: 'Lisboa',
      postcode: '1100-061', country: 'PT', phonenumber: '213 555 012', password2: 'segredo&1'
    })
    clientid = Number(customer.clientid)
  })
  await step('gets it by id and by e-mail', async () => {
    assert.equal((await on('customers', 'getCustomer')(clientid)).client.firstname, 'Inês')
    assert.equal((await on('customers', 'getCustomerByEmail')(email)).client.id, clientid)
  })
  await step('hears why a second one is refused', async () => {
    await assert.rejects(on('customers', 'createCustomer')({ email }), /WHMCS Error \(200\): ./)
  })
  await step('updates it', async () => {
    await on('customers', 'updateCustomer')(clientid, { city: 'Porto' })
    assert.equal((await on('customers', 'getCustomer')(clientid)).client.city, 'Porto')
  })
  await step('keeps contacts', async () => {
    const { contactid } = await on('customers', 'createContact')({ clientid, firstname: 'Rui', email: 'rui@example.com' })
    await on('customers', 'updateContact')(contactid, { lastname: 'Pato' })
    const { contacts } = await on('customers', 'getContacts')(clientid, {})
    assert.equal(contacts.contact[0].lastname, 'Pato')
    await on('customers', 'deleteContact')(contactid)
  })
  await step('reads products by id and by group', async () => {
    assert.equal((await on('products', 'getProduct')(1)).products.product[0].pid, 1)
    assert.ok((await on('products', 'getProducts')(1)).products.product.length > 1)
  })
  await step('orders, accepts and lists', async () => {
    order = await on('billing', 'addOrder')(clientid, {
      pid: 2, domain: 'pato.example', billingcycle: 'annually', paymentmethod: 'paypal'
    })
    await on('billing', 'acceptOrder')(order.orderid)
    const listed = await on('products', 'getOrders')('userid', clientid)
    assert.deepEqual(listed.orders.order.map(({ status }) => status), ['Active'])
    const owned = await on('customers', 'getCustomerProducts')(clientid, {})
    assert.equal(owned.products.product[0].billingcycle, 'Annually')
  })
  await step('changes the service', async () => {
    const owned = await on('customers', 'getCustomerProducts')(clientid, {})
    const { id } = owned.products.product[0]
    await on('customers', 'updateCustomerProduct')(id, { notes: 'moved' })
    const changed = await on('customers', 'getCustomerProducts')(clientid, {})
    assert.equal(changed.products.product[0].notes, 'moved')
  })
  await step('pays an invoice with credit', async () => {
    const bill = await on('billing', 'createInvoice')(clientid, { itemdescription1: 'Setup', itemamount1: '10.00' })
    await on('billing', 'addCredit')(clientid, 10, 'Welcome')
    await on('billing', 'applyCredit')(bill.invoiceid, 10)
    assert.equal((await on('billing', 'getInvoice')(bill.invoiceid)).status, 'Paid')
    const { credits } = await on('customers', 'getCredits')(clientid)
    assert.ok(credits.credit.length > 0)
  })
  await step('changes an invoice and lists them', async () => {
    await on('billing', 'updateInvoice')(order.invoiceid, { notes: 'call first' })
    const listed = await on('billing', 'getInvoices')({ userid: clientid })
    assert.equal(listed.totalresults, 2)
  })
  await step('cancels and deletes an order', async () => {
    const second = await on('billing', 'addOrder')(clientid, { pid: 1, billingcycle: 'monthly', paymentmethod: 'paypal' })
    await assert.rejects(on('billing', 'deleteOrder')(second.orderid), /WHMCS Error/)
    await on('billing', 'cancelOrder')(second.orderid)
    await on('billing', 'deleteOrder')(second.orderid)
  })
  await step('opens, answers, changes, lists and deletes a ticket', async () => {
    const { id } = await on('support', 'openTicket')(clientid, 1, 'Where is it?', 'I cannot find it.', { priority: 'High' })
    await on('support', 'replyTicket')(id, 'We are looking.', {})
    await on('support', 'updateTicket')({ ticketid: id, subject: 'Found' })
    const ticket = await on('support', 'getTicket')(id)
    assert.deepEqual([ticket.subject, ticket.status, ticket.priority], ['Found', 'Answered', 'High'])
    assert.deepEqual(ticket.replies.reply.map(({ admin }) => admin), ['', 'Auto-response'])
    assert.equal((await on('support', 'getTickets')({ clientid })).totalresults, 1)
    await on('support', 'deleteTicket')(id)
    await assert.rejects(on('support', 'getTicket')(id), /Ticket ID Not Found/)
  })
  await step('locks a domain and names its servers', async () => {
    await on('domains', 'setDomainLockStatus')(1, 0)
    assert.equal((await on('domains', 'getDomainLockStatus')(1)).lockstatus, 'unlocked')
    await on('domains', 'setDomainNameservers')(1, ['ns1.pato.example', 'ns2.pato.example'])
    assert.equal((await on('domains', 'getDomainNameservers')(1)).ns2, 'ns2.pato.example')
    await on('customers', 'updateCustomerDomain')(1, { donotrenew: true })
  })
  await step('writes to the customer, logs in as it, reads what is to do', async () => {
    await on('customers', 'sendEmail')(clientid, { customtype: 'general', customsubject: 'Olá', custommessage: 'x' })
    const { emails } = await on('customers', 'getCustomerEmails')(clientid, { subject: 'Olá' })
    assert.deepEqual(emails.email.map(({ subject }) => subject), ['Olá'])
    assert.ok(Number((await on('customers', 'validateLogin')(email, 'segredo&1')).userid) > 0)
    assert.ok((await on('utilities', 'getToDoItems')('Incomplete', 0, 1)).items.item.length === 1)
    assert.equal((await on('utilities', 'getModuleQueue')('service', 'cpanel', 'CreateAccount', '2020-01-01')).count, 0)
  })
  await step('deletes the customer', async () => {
    await on('customers', 'deleteCustomer')(clientid)
    await assert.rejects(on('customers', 'getCustomer')(clientid), /Client Not Found/)
  })
}

live(life)
