// `whmcs-api`, which calls by GET, everything in the query.
'use strict'
const assert = require('node:assert/strict')
const WHMCS = require('whmcs-api')
const { step, live } = require('./step.js')

/** A call on a client of its own: this one keeps the parameters of the call before. */
const call = (action, params) =>
  new WHMCS({ endpoint: process.env.WHMCS_URL, identifier: 'sandbox', secret: 'sandbox', responsetype: 'json' })
    .call(action, params)

async function life () {
  await step('reads a page of clients', async () => {
    const { clients, numreturned } = await call('GetClients', { limitnum: 2 })
    assert.equal(clients.client.length, numreturned)
  })
  await step('writes text of every kind', async () => {
    const message = 'a & b = c + d % é / "x"\r\n'
    const { id } = await call('OpenTicket', { clientid: 1, deptid: 1, subject: 'Query', message })
    assert.equal((await call('GetTicket', { ticketid: id })).replies.reply[0].message, message)
  })
  await step('orders with arrays in the query', async () => {
    const { serviceids } = await call('AddOrder', {
      clientid: 1, paymentmethod: 'paypal', 'pid[]': [1, 2], 'billingcycle[]': ['monthly', 'monthly']
    })
    assert.equal(serviceids.split(',').length, 2)
  })
  await step('hears refusals in words', async () => {
    await assert.rejects(call('Frobnicate', {}), /^Error: Invalid Permissions: API action "frobnicate" is not allowed$/)
  })
}

live(life)
