class Whmcsh < Formula
  desc "WHMCS shell: Rhai scripts and a REPL over every WHMCS API action"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

@SOURCES@
  def install
    bin.install "bin/whmcsh"
    man1.install Dir["share/man/man1/*"]
    bash_completion.install "share/bash-completion/completions/whmcsh"
    zsh_completion.install "share/zsh/vendor-completions/_whmcsh"
    fish_completion.install "share/fish/vendor_completions.d/whmcsh.fish"
    doc.install Dir["share/doc/whmcsh/*"]
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/whmcsh --version")
  end
end
