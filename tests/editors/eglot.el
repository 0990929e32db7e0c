;;; eglot.el --- Opens a script in Emacs as the guide says  -*- lexical-binding: t -*-

;; usage: emacs --batch -l CONFIGURATION -l eglot.el     in a folder with `a.rhai' and `lib.rhai'

(require 'cl-lib)
(require 'eglot)
(require 'flymake)

(defun rhai-wait (what condition)
  "Wait until CONDITION gives something, and give that; WHAT is said if it never does."
  (let ((end (+ (float-time) 30)) found)
    (while (and (not (setq found (funcall condition))) (< (float-time) end))
      (accept-process-output nil 0.02))
    (or found (error "No %s" what))))

(defun rhai-at (line column)
  "Go to a LINE, counted from 1, and a COLUMN, from 0."
  (goto-char (point-min))
  (forward-line (1- line))
  (move-to-column column))

(defun rhai-found (text)
  "Whether a diagnostic has TEXT in it."
  (flymake-start)
  (cl-some (lambda (one) (string-search text (flymake-diagnostic-text one))) (flymake-diagnostics)))

(condition-case why
    (progn
      (setq eglot-sync-connect 30 flymake-no-changes-timeout nil)
      ;; Without a command loop, what waits for a command is done here.
      (remove-hook 'rhai-mode-hook #'eglot-ensure)
      (find-file "a.rhai")
      (unless (eq major-mode 'rhai-mode) (error "The mode is %s" major-mode))
      (apply #'eglot (eglot--guess-contact))
      (rhai-wait "diagnostics" (lambda () (rhai-found "unknown function `get_cliens`")))
      (rhai-at 3 3)
      (let* ((capf (eglot-completion-at-point))
             (labels (all-completions "add" (nth 2 capf))))
        (unless (cl-some (lambda (label) (string-prefix-p "add_client" label)) labels)
          (error "No completion: %S" labels)))
      (rhai-at 4 2)
      (let ((hover (jsonrpc-request (eglot--current-server-or-lose) :textDocument/hover
                                    (eglot--TextDocumentPositionParams))))
        (unless (string-search "CloseClient" (format "%S" hover)) (error "No hover: %S" hover)))
      (rhai-at 6 4)
      (eglot-rename "other")
      (rhai-at 6 0)
      (let ((renamed (buffer-substring-no-properties (point) (line-end-position))))
        (unless (equal renamed "let other = \"😀é\"; print(\"😀\" + other);")
          (error "Renamed: %s" renamed)))
      (eglot-format-buffer)
      (goto-char (point-min))
      (unless (looking-at-p "import \"lib\" as lib;$") (error "Not formatted"))
      (set-buffer-modified-p nil)
      (eglot-shutdown (eglot--current-server-or-lose))
      (princ "passed\n"))
  (error (princ (format "%s\n" (error-message-string why)) #'external-debugging-output)
         (kill-emacs 1)))
