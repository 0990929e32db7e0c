// Connects VS Code with `whmcsh lsp`, and runs `whmcsh` for the commands above a script.
//
// The language server itself runs nothing: it names a command, and it is run here, as a task in
// the terminal, where its output and its questions can be seen.

"use strict";

const path = require("node:path");
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

/** The command of the server's lenses: `whmcsh` with arguments, in a folder. */
const RUN = "whmcsh.run";
const NAME = "whmcsh";

/** The commands of the palette, each with the arguments before the script. */
const OF_SCRIPTS = {
  "whmcsh.check": ["check"],
  "whmcsh.plan": ["plan"],
  "whmcsh.try": ["run", "--sandbox"],
  "whmcsh.test": ["test"],
};

let client;

const program = () => vscode.workspace.getConfiguration(NAME).get("path") || NAME;

async function start() {
  const isTrusted = vscode.workspace.isTrusted;
  const server = { command: program(), args: ["lsp"] };
  client = new LanguageClient(NAME, NAME, server, {
    documentSelector: [
      { language: "rhai", scheme: "file" },
      { language: "rhai", scheme: "untitled" },
    ],
    initializationOptions: { commands: isTrusted ? [RUN] : [] },
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.rhai") },
  });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const settings = "Open settings";
    const why = `cannot start \`${server.command} lsp\`: ${error.message ?? error}`;
    const chosen = await vscode.window.showErrorMessage(why, settings);
    if (chosen === settings) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "whmcsh.path");
    }
  }
}

async function stop() {
  const running = client;
  client = undefined;
  // One that has ended by itself cannot be stopped.
  await running?.dispose().catch(() => {});
}

/** Runs `whmcsh` in a terminal. Arguments go to it as they are, past any shell. */
async function run({ arguments: words, folder }) {
  if (!vscode.workspace.isTrusted) {
    await vscode.window.showWarningMessage("Trust this folder first; nothing was run.");
    return;
  }
  // It reads the files, and not what is on the screen.
  for (const document of vscode.workspace.textDocuments) {
    if (document.languageId === "rhai" && document.isDirty && !document.isUntitled) {
      if (!(await document.save())) {
        await vscode.window.showWarningMessage(
          `Cannot save \`${document.fileName}\`; nothing was run.`,
        );
        return;
      }
    }
  }
  const execution = new vscode.ProcessExecution(program(), words, { cwd: folder });
  const title = [NAME, ...words.map((word) => path.basename(word))].join(" ");
  const kind = { type: "process", words };
  const scope = vscode.TaskScope.Workspace;
  const task = new vscode.Task(kind, scope, title, NAME, execution, []);
  task.presentationOptions = { clear: true, focus: false };
  await vscode.tasks.executeTask(task);
}

/** Runs `whmcsh` with the script that is in front. */
async function runScript(words) {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== "rhai" || document.uri.scheme !== "file") {
    await vscode.window.showWarningMessage("Open a saved .rhai script first; nothing was run.");
    return;
  }
  const script = document.uri.fsPath;
  await run({ arguments: [...words, script], folder: path.dirname(script) });
}

async function activate(context) {
  const command = (name, work) => {
    context.subscriptions.push(vscode.commands.registerCommand(name, work));
  };
  command(RUN, run);
  for (const [name, words] of Object.entries(OF_SCRIPTS)) {
    command(name, () => runScript(words));
  }
  const restart = async () => {
    await stop();
    await start();
  };
  command("whmcsh.restart", restart);
  context.subscriptions.push(
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("whmcsh.path")) {
        await restart();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
