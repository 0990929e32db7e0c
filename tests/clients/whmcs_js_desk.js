// The help desk and the back office through `whmcs-js`: tickets, announcements, domains, projects, settings.
'use strict'
const assert = require('node:assert/strict')
const whmcs = require('whmcs-js')
const { step, done, live } = require('./step.js')

const access = { serverUrl: process.env.WHMCS_URL, identifier: 'sandbox', secret: 'sandbox' }
const [support, tickets, domains, projects, system, credentials, servers, modules] =
  ['Support', 'Tickets', 'Domains', 'ProjectManagement', 'System', 'Authentication', 'Servers', 'Modules']
    .map(name => new whmcs[name](access))

async function life () {
  let ticketid
  await step('opens a ticket as a guest, and it is counted', async () => {
    const before = await done(tickets.getTicketCounts({ includeCountsByStatus: true }))
    const opened = await done(support.openTicket({
      name: 'Gusta', email: 'gusta@example.com', deptid: 1, subject: 'Çı / ok?', message: 'One\r\nTwo', markdown: true
    }))
    ticketid = opened.id
    const after = await done(tickets.getTicketCounts({ includeCountsByStatus: true }))
    assert.equal(after.allActive, before.allActive + 1)
    assert.equal(after.status.open.count, before.status.open.count + 1)
    const ticket = await done(tickets.getTicket({ ticketnum: opened.tid }))
    assert.deepEqual(
      [ticket.ticketid, ticket.subject, ticket.requestor_type, ticket.replies.reply[0].message],
      [ticketid, 'Çı / ok?', 'Guest', 'One\r\nTwo']
    )
  })
  await step('answers it, notes something and rewrites the answer', async () => {
    await done(support.addTicketReply({ ticketid, message: 'Yes', adminusername: 'admin' }))
    await done(support.addTicketNote({ ticketid, message: 'Polite', markdown: false }))
    const { replies, notes, status } = await done(tickets.getTicket({ ticketid, repliessort: 'DESC' }))
    assert.deepEqual([status, replies.reply[0].message, notes.note[0].message], ['Answered', 'Yes', 'Polite'])
    await done(support.updateTicketReply({ replyid: replies.reply[0].replyid, message: 'No' }))
    await done(support.deleteTicketNote({ noteid: notes.note[0].noteid }))
    assert.equal((await done(tickets.getTicketNotes({ ticketid }))).totalresults, 0)
  })
  await step('is told in the words of the reference what is wrong', async () => {
    const told = async call => (await call).message
    assert.equal(await told(support.openTicket({ clientid: 1, deptid: 99 })), 'Department ID not found')
    assert.equal(await told(support.addTicketReply({ ticketid, message: 'x' })),
      'Name and email address are required if not a client')
    assert.equal(await told(tickets.getTicket({ ticketid: 9999 })), 'Ticket ID Not Found')
    assert.equal(await told(system.getConfigurationValue({})), 'Parameter setting is required')
  })
  await step('finds, closes and deletes it', async () => {
    await done(support.updateTicket({ ticketid, status: 'Closed' }))
    const listed = await done(tickets.getTickets({ email: 'gusta@example.com', status: 'Closed' }))
    assert.deepEqual(listed.tickets.ticket.map(({ id }) => id), [ticketid])
    await done(support.deleteTicket({ ticketid }))
    assert.equal((await done(tickets.getTickets({ email: 'gusta@example.com' }))).totalresults, 0)
  })
  await step('announces and takes back', async () => {
    const text = { date: '2026-01-02 03:04:05', title: 'New', announcement: '<p>x</p>', published: true }
    // Its own `addAnouncement` asks for an action of that spelling, which no server has.
    assert.equal((await support.addAnouncement(text)).message, 'Invalid Permissions: API action "addanouncement" is not allowed')
    const { announcementid } = await done(support.callApi({ action: 'AddAnnouncement', ...text }))
    await done(system.updateAnnouncement({ announcementid, title: 'Newer' }))
    const { announcements } = await done(support.getAnnouncements({}))
    assert.deepEqual(announcements.announcement.map(({ title, published }) => [title, published]), [['Newer', 1]])
    await done(support.deleteAnnouncement({ announcementid }))
  })
  await step('keeps a domain: lock, name servers, holder, renewal', async () => {
    const domainid = 1
    await done(domains.domainUpdateLockingStatus({ domainid, lockstatus: 1 }))
    assert.equal((await done(domains.domainGetLockingStatus({ domainid }))).lockstatus, 'locked')
    await done(domains.domainUpdateNameservers({ domainid, ns1: 'ns1.example.org', ns2: 'ns2.example.org' }))
    assert.equal((await done(domains.domainGetNameservers({ domainid }))).ns1, 'ns1.example.org')
    const xml = '<contactdetails><Registrant><City>Bonn</City></Registrant></contactdetails>'
    await done(domains.domainUpdateWhoisInfo({ domainid, xml }))
    assert.equal((await done(domains.domainGetWhoisInfo({ domainid }))).Registrant.City, 'Bonn')
    assert.ok((await done(domains.domainRequestEPP({ domainid }))).eppcode.length > 0)
    await done(domains.domainRenew({ domainid, regperiod: 1 }))
    assert.equal((await done(domains.domainWhois({ domain: 'example.com' }))).status, 'unavailable')
    assert.equal((await domains.updateClientDomain({ domainid, registrar: 'none' })).message, 'The Registrar is not active')
  })
  await step('runs a project with a task, a timer and a message', async () => {
    const { projectid } = await done(projects.createProject({ title: 'Move', adminid: 1 }))
    await done(projects.addProjectTask({ projectid, duedate: '2027-01-31', task: 'Pack' }))
    const taskid = (await done(projects.getProject({ projectid }))).tasks.task[0].id
    await done(projects.startTaskTimer({ projectid, timerid: taskid, start_time: 1700000000, end_time: 1700003600 }))
    await done(projects.addProjectMessage({ projectid, message: 'Packed' }))
    await done(projects.updateProjectTask({ taskid, completed: 1 }))
    await done(projects.updateProject({ projectid, status: 'Completed', completed: 1 }))
    const project = await done(projects.getProject({ projectid }))
    assert.deepEqual([project.projectinfo.completed, project.tasks.task[0].completed], [1, 1])
    assert.equal(project.messages.message[0].message, 'Packed')
    assert.equal((await done(projects.getProjects({ title: 'Move' }))).projects[0].completed, 1)
    await done(projects.deleteProjectTask({ projectid, taskid }))
  })
  await step('reads and sets settings, and the log tells', async () => {
    await done(system.setConfigurationValue({ setting: 'CompanyName', value: 'Quay / Söhne' }))
    assert.equal((await done(system.getConfigurationValue({ setting: 'CompanyName' }))).value, 'Quay / Söhne')
    await done(system.logActivity({ clientid: 1, description: 'Called' }))
    const { activity } = await done(system.getActivityLog({ user: 'admin', description: 'Called' }))
    assert.deepEqual(activity.entry.map(({ username, clientId }) => [username, clientId]), [['admin', 1]])
    const { password } = await done(system.encryptPassword({ password2: 'a+b' }))
    assert.equal((await done(system.decryptPassword({ password2: password }))).password, 'a+b')
    assert.equal((await done(system.getAdminUsers({}))).admin_users[0].username, 'admin')
    const stats = await done(system.getStats({ timeline_days: 2 }))
    assert.equal(Object.keys(stats.timeline_data.new_orders).length, 2)
  })
  await step('issues, changes and withdraws a credential', async () => {
    const { credentialId, clientSecret } = await done(credentials.createOAuthCredential({
      grantType: 'authorization_code', scope: 'openid profile', name: 'Quay'
    }))
    const renewed = await done(credentials.updateOAuthCredential({ credentialId, resetSecret: true }))
    assert.notEqual(renewed.newClientSecret, clientSecret)
    const { clients } = await done(credentials.listOAuthCredentials({}))
    assert.equal(clients.find(found => found.credentialId === credentialId).clientSecret, renewed.newClientSecret)
    await done(credentials.deleteOAuthCredential({ credentialId }))
  })
  await step('looks after servers and modules', async () => {
    assert.equal((await done(servers.getServers({}))).servers[0].module, 'cpanel')
    await done(servers.getHealthStatus({}))
    const { parameters } = await done(modules.getModuleConfigurationParameters({ moduleType: 'gateway', moduleName: 'paypal' }))
    assert.equal(parameters[0].name, 'FriendlyName')
    await done(modules.activateModule({ moduleType: 'gateway', moduleName: 'mailin' }))
    const names = async () => (await done(system.getPaymentMethods({}))).paymentmethods.paymentmethod.map(({ module }) => module)
    assert.ok((await names()).includes('mailin'))
    await done(modules.deactivateModule({ moduleType: 'gateway', moduleName: 'mailin', newGateway: 'paypal' }))
    assert.ok(!(await names()).includes('mailin'))
  })
}

live(life)
