"""The language server, asked as VS Code, Neovim and Emacs ask it: with what each says that it can do.

The capabilities are those that pytest-lsp recorded of the editors.
"""

import asyncio
import os
import shutil
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

WHMCSH = os.environ["WHMCSH"]
TEXT = """import  "lib"  as lib;
let c = get_cliens(#{ status: "Active" });
add
close_client(#{ clientid: 1 });
print(lib::twice(c));
let name = "😀é"; print("😀" + name);
"""


@pytest_lsp.fixture(
    params=["visual-studio-code", "neovim", "emacs"],
    config=ClientServerConfig(server_command=[WHMCSH, "lsp"]),
)
async def client(request, lsp_client: LanguageClient, tmp_path: Path):
    shutil.copytree(os.environ["WHMCSH_FOLDER"], tmp_path, dirs_exist_ok=True)
    greeted = await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities(request.param),
            root_uri=tmp_path.as_uri(),
            initialization_options={"commands": ["whmcsh.run"]},
        )
    )
    lsp_client.encoding = greeted.capabilities.position_encoding or "utf-16"
    lsp_client.uri = (tmp_path / "a.rhai").as_uri()
    document = types.TextDocumentItem(lsp_client.uri, "rhai", 1, TEXT)
    lsp_client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    await lsp_client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    yield
    await lsp_client.shutdown_session()


def document(client):
    return types.TextDocumentIdentifier(client.uri)


def at(client, line, character):
    return {"text_document": document(client), "position": types.Position(line, character)}


@pytest.mark.asyncio
async def test_what_is_wrong_is_said_and_can_be_fixed(client):
    wrong = client.diagnostics[client.uri]
    messages = [one.message for one in wrong]
    assert any("unknown function `get_cliens`" in message for message in messages), messages
    fixes = await client.text_document_code_action_async(
        types.CodeActionParams(document(client), wrong[0].range, types.CodeActionContext(wrong))
    )
    (edit,) = fixes[0].edit.changes[client.uri]
    assert edit.new_text == "get_clients"


@pytest.mark.asyncio
async def test_names_are_completed_and_explained(client):
    found = await client.text_document_completion_async(
        types.CompletionParams(**at(client, 2, 3))
    )
    items = found if isinstance(found, list) else found.items
    item = next(item for item in items if item.label == "add_client")
    assert item.insert_text_format != types.InsertTextFormat.Snippet or takes_snippets(client)
    hover = await client.text_document_hover_async(types.HoverParams(**at(client, 3, 2)))
    assert "CloseClient" in hover.contents.value
    signature = await client.text_document_signature_help_async(
        types.SignatureHelpParams(**at(client, 3, 13))
    )
    assert signature.signatures


def takes_snippets(client):
    completion = client.capabilities.text_document.completion
    item = completion and completion.completion_item
    return bool(item and item.snippet_support)


@pytest.mark.asyncio
async def test_places_are_counted_as_agreed(client):
    renamed = await client.text_document_rename_async(
        types.RenameParams(new_name="other", **at(client, 5, 4))
    )
    ranges = sorted(
        (edit.range.start.character, edit.range.end.character)
        for edit in renamed.changes[client.uri]
    )
    line = TEXT.splitlines()[5]
    unit, size = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2)}[client.encoding]
    last = len(line[: line.rindex("name")].encode(unit)) // size
    assert ranges == [(4, 8), (last, last + 4)], client.encoding


@pytest.mark.asyncio
async def test_a_script_is_shown_whole(client):
    place = await client.text_document_definition_async(
        types.DefinitionParams(**at(client, 4, 13))
    )
    place = place[0] if isinstance(place, list) else place
    assert place.uri.endswith("/lib.rhai")
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(document(client)))
    titles = [lens.command.title for lens in lenses]
    assert titles[-3:] == ["Check", "Plan", "Try on the sandbox"], titles
    assert {lens.command.command for lens in lenses[-3:]} == {"whmcsh.run"}
    for answer in await asyncio.gather(
        client.text_document_document_symbol_async(types.DocumentSymbolParams(document(client))),
        client.text_document_semantic_tokens_full_async(
            types.SemanticTokensParams(document(client))
        ),
        client.text_document_formatting_async(
            types.DocumentFormattingParams(document(client), types.FormattingOptions(4, True))
        ),
    ):
        assert answer
