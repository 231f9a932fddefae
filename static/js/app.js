/* What pages gain from script. Everything works without it: links, forms and <details> come first. */
(function () {
  "use strict";
  const root = document.documentElement;
  const each = (scope, selector, act) => (scope.querySelectorAll ? scope : document).querySelectorAll(selector).forEach(act);
  const typing = (node) => node && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

  /* --- theme: shown at once, saved in the background; without script the form posts and the page reloads --- */
  const isDark = () => getComputedStyle(root).colorScheme.indexOf("dark") >= 0;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-theme-form]") || !event.submitter) return;
    event.preventDefault();
    const button = event.submitter;
    const theme = button.hasAttribute("data-theme-toggle") ? (isDark() ? "light" : "dark") : button.value;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    each(document, ".themes button", (other) => other.setAttribute("aria-pressed", String(other.value === theme)));
    const body = new FormData(form);
    body.set("theme", theme);
    fetch(form.action, { method: "POST", body: body, credentials: "same-origin", redirect: "manual" }).catch(() => {
      toast("The theme could not be saved. It holds until you leave this page.");
    });
  });

  /* --- toasts: 8 seconds, waiting while looked at; warnings stay until closed --- */
  const LIFE = 8000;
  function wireToast(node) {
    if (node.dataset.wired) return;
    node.dataset.wired = "1";
    let timer = 0;
    const close = () => node.remove();
    const start = () => { if (!node.classList.contains("stay")) timer = window.setTimeout(close, LIFE); };
    const hold = () => window.clearTimeout(timer);
    node.addEventListener("mouseenter", hold);
    node.addEventListener("mouseleave", start);
    node.addEventListener("focusin", hold);
    node.addEventListener("focusout", start);
    const button = node.querySelector("[data-close]");
    if (button) button.addEventListener("click", close);
    start();
  }
  function toast(text) {
    const region = document.getElementById("toasts");
    if (!region) return;
    const node = document.createElement("div");
    node.className = "toast stay";
    node.dataset.toast = "";
    const words = document.createElement("span");
    words.textContent = text;
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.close = "";
    button.textContent = "Close";
    node.append(words, button);
    region.append(node);
    wireToast(node);
  }

  /* --- menus: one open at a time; Escape closes and gives focus back --- */
  document.addEventListener("click", (event) => {
    each(document, "details.menu[open]", (menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  const closeMenu = () => {
    const menu = document.querySelector("details.menu[open]");
    if (!menu) return false;
    menu.open = false;
    menu.querySelector("summary").focus();
    return true;
  };

  /* --- dialogs: a button with data-dialog opens one and gets the focus back --- */
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) openDialog(opener.dataset.dialog, opener);
  });
  function openDialog(id, opener) {
    const dialog = document.getElementById(id);
    if (!dialog || !dialog.showModal || dialog.open) return;
    dialog.showModal();
    if (opener) dialog.addEventListener("close", () => opener.focus(), { once: true });
  }

  /* --- keyboard: single keys only outside fields, and only where the person left them on --- */
  let afterG = 0;
  function step(by) {
    const rows = Array.from(document.querySelectorAll("[data-row], .grow, .tbl tbody tr")).filter(
      (row) => row.querySelector("a[href]") && row.getClientRects().length
    );
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by))];
    next.querySelector("a[href]").focus();
  }
  const searchField = () => document.querySelector("[data-filter]") || document.getElementById("find");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { closeMenu(); return; }
    const find = searchField();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k" && document.getElementById("find")) {
      event.preventDefault();
      document.getElementById("find").focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (root.dataset.shortcuts !== "on" || typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (afterG) {
      window.clearTimeout(afterG);
      afterG = 0;
      const link = document.querySelector('[data-go="' + (/^[a-z]$/.test(key) ? key : "") + '"]');
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (key === "g") afterG = window.setTimeout(() => { afterG = 0; }, 1200);
    else if (key === "j") step(1);
    else if (key === "k") step(-1);
    else if (key === "/" && find) { event.preventDefault(); find.focus(); }
    else if (event.key === "?") { event.preventDefault(); openDialog("keys", document.activeElement); }
    else if (key === "c") { const link = document.querySelector("[data-check-in]"); if (link) link.click(); }
  });

  /* --- focus: to the summary of errors, or to the notice of a conflict, on load and after a swap --- */
  function focusFirst(scope) {
    const node = scope.querySelector && scope.querySelector("[data-focus]");
    if (node) node.focus();
  }

  /* --- htmx: a part that fails says so in place and offers to try again; what was there stays --- */
  function failure(event, sentence) {
    const detail = event.detail;
    const config = detail.requestConfig || {};
    const source = detail.elt;
    const target = detail.target || source;
    if (!target || !target.isConnected) return;
    if (config.verb && config.verb !== "get") { toast(sentence + " Nothing was lost on this page."); return; }
    const old = target.previousElementSibling;
    if (old && old.dataset && old.dataset.failed === "1") old.remove();
    const note = document.createElement("div");
    note.className = "note bad";
    note.dataset.failed = "1";
    note.setAttribute("role", "alert");
    const words = document.createElement("div");
    const bold = document.createElement("span");
    bold.className = "b";
    bold.textContent = "This part could not be loaded";
    const more = document.createElement("p");
    more.textContent = sentence;
    words.append(bold, more);
    const acts = document.createElement("div");
    acts.className = "acts";
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn sml";
    again.textContent = "Try again";
    again.addEventListener("click", () => {
      note.remove();
      window.htmx.ajax("GET", config.path, { source: source, target: target, swap: source.getAttribute("hx-swap") || "innerHTML" });
    });
    acts.append(again);
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    mark.setAttribute("class", "i");
    mark.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", "#i-off");
    mark.append(use);
    note.append(mark, words, acts);
    target.before(note);
  }
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401) { window.location.reload(); return; }
    if (status === 403) failure(event, "Your role does not allow this. A product manager or an admin can change it.");
    else if (status === 404) failure(event, "It is not there any more.");
    else failure(event, "The server could not answer. The numbers are safe.");
  });
  ["htmx:sendError", "htmx:timeout"].forEach((name) =>
    document.addEventListener(name, (event) => failure(event, "The server could not be reached."))
  );
  document.addEventListener("htmx:beforeRequest", (event) => event.detail.target && event.detail.target.setAttribute("aria-busy", "true"));
  document.addEventListener("htmx:afterRequest", (event) => event.detail.target && event.detail.target.removeAttribute("aria-busy"));
  document.addEventListener("htmx:afterSwap", (event) => {
    each(document, "[data-toast]", wireToast);
    const config = event.detail.requestConfig;
    if (config && config.verb !== "get") focusFirst(event.detail.target);
  });

  /* --- small helpers named by data attributes --- */
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) return;
    const source = document.getElementById(button.dataset.copy);
    navigator.clipboard.writeText(source.value || source.textContent.trim()).then(() => {
      const before = button.textContent;
      button.textContent = "Copied";
      window.setTimeout(() => { button.textContent = before; }, 2000);
    });
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });

  function start() {
    each(document, "[data-toast]", wireToast);
    focusFirst(document);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
