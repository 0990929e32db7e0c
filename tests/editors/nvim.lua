-- Opens a script in Neovim as the guide says, and asks the language server what an editor asks.
--
-- usage: nvim --headless -u CONFIGURATION -S nvim.lua     in a folder with `a.rhai` and `lib.rhai`

local ok, why = xpcall(function()
  local function wait(what, condition)
    assert(vim.wait(30000, condition, 20), "no " .. what)
  end

  -- The answer to a request at a line and a column, which begin at 0.
  local function ask(method, line, column, more)
    local params = vim.tbl_extend("force", {
      textDocument = { uri = vim.uri_from_bufnr(0) },
      position = { line = line, character = column },
    }, more or {})
    local answers = vim.lsp.buf_request_sync(0, "textDocument/" .. method, params, 30000)
    for _, answer in pairs(answers or {}) do
      assert(answer.error == nil, method .. ": " .. vim.inspect(answer.error))
      return answer.result
    end
    error("no answer to " .. method)
  end

  local function found(text)
    return function()
      for _, one in ipairs(vim.diagnostic.get(0)) do
        if one.message:find(text, 1, true) then
          return true
        end
      end
      return false
    end
  end

  vim.cmd("edit a.rhai")
  wait("diagnostics", found("unknown function `get_cliens`"))

  local items = ask("completion", 2, 3)
  items = items.items or items
  local labels = vim.tbl_map(function(item) return item.label end, items)
  assert(vim.tbl_contains(labels, "add_client"), "no completion: " .. vim.inspect(labels))

  local hover = ask("hover", 3, 2)
  assert(vim.inspect(hover):find("CloseClient", 1, true), "no hover: " .. vim.inspect(hover))

  local definition = ask("definition", 4, 13)
  assert(vim.inspect(definition):find("lib.rhai", 1, true), "no definition: " .. vim.inspect(definition))

  local range = { start = { line = 1, character = 8 }, ["end"] = { line = 1, character = 18 } }
  local fixes = ask("codeAction", 1, 8, { range = range, context = { diagnostics = {} } })
  assert(fixes[1].edit, "no fix: " .. vim.inspect(fixes))
  local client = vim.lsp.get_client_by_id(1)
  vim.lsp.util.apply_workspace_edit(fixes[1].edit, client.offset_encoding)
  local fixed = vim.api.nvim_buf_get_lines(0, 1, 2, false)[1]
  assert(fixed:find("get_clients(", 1, true), "the fix gave " .. fixed)
  wait("end of the diagnostic", function() return not found("get_cliens")() end)

  -- Columns after letters of several bytes and units.
  local rename = ask("rename", 5, 4, { newName = "other" })
  vim.lsp.util.apply_workspace_edit(rename, client.offset_encoding)
  local renamed = vim.api.nvim_buf_get_lines(0, 5, 6, false)[1]
  assert(renamed == 'let other = "😀é"; print("😀" + other);', "renamed: " .. renamed)

  local edits = ask("formatting", 0, 0, { options = { tabSize = 4, insertSpaces = true } })
  vim.lsp.util.apply_text_edits(edits, vim.api.nvim_get_current_buf(), client.offset_encoding)
  local formatted = vim.api.nvim_buf_get_lines(0, 0, 1, false)[1]
  assert(formatted == 'import "lib" as lib;', "formatted: " .. formatted)
end, debug.traceback)

if ok then
  io.stdout:write("passed\n")
  vim.cmd("qall!")
else
  io.stderr:write(tostring(why) .. "\n")
  vim.cmd("cquit 1")
end
