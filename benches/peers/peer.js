// Drives a client other people published as fast as it goes. For each line `ROWS WORKERS` on
// standard input it makes so many writes, so many of them at once, and answers with the seconds
// that took on the clock and on the processors.
//
// usage: IDENTIFIER=… SECRET=… node peer.js whmcs-js|whmcs URL
'use strict'
const { createInterface } = require('node:readline')
const { promisify } = require('node:util')

const NOTES = 'Köln, Altstadt'
const { IDENTIFIER: identifier, SECRET: secret } = process.env

/** One write of a row, by the name its client has at the registry. */
const writes = {
  'whmcs-js': serverUrl => {
    const { Support } = require('whmcs-js')
    const support = new Support({ serverUrl, identifier, secret })
    return userid => support.addClientNote({ userid, notes: NOTES })
  },
  whmcs: serverUrl => {
    const WHMCS = require('whmcs')
    const { customers } = new WHMCS({ serverUrl, username: identifier, password: secret })
    const update = promisify(customers.updateCustomer.bind(customers))
    return clientid => update(clientid, { notes: NOTES })
  }
}

const [, , name, url] = process.argv
const write = writes[name](`${url}/includes/api.php`)

async function rows (count, workers) {
  let next = 1
  const worker = async () => {
    while (next <= count) {
      const reply = await write(next++)
      if (reply.result !== 'success') throw new Error(JSON.stringify(reply))
    }
  }
  await Promise.all(Array.from({ length: workers }, worker))
}

async function serve () {
  for await (const line of createInterface({ input: process.stdin })) {
    const [count, workers] = line.split(' ').map(Number)
    const before = process.cpuUsage()
    const began = process.hrtime.bigint()
    await rows(count, workers)
    const seconds = Number(process.hrtime.bigint() - began) / 1e9
    const { user, system } = process.cpuUsage(before)
    console.log(`${seconds} ${(user + system) / 1e6}`)
  }
}

serve()
