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
    const node = make("div", "toast stay");
    node.dataset.toast = "";
    const button = make("button", "", "Close");
    button.type = "button";
    button.dataset.close = "";
    node.append(make("span", "", text), button);
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
  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "i");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", "#i-" + name);
    svg.append(use);
    return svg;
  }
  function make(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  }
  const noteBefore = (target) => {
    const node = target && target.previousElementSibling;
    return node && node.dataset.failed ? node : null;
  };
  function failure(event, sentence, loginUrl) {
    const detail = event.detail;
    const config = detail.requestConfig || {};
    const source = detail.elt;
    const target = detail.target || source;
    if (!target || !target.isConnected) return;
    if (config.verb && config.verb !== "get" && !loginUrl) { toast(sentence + " Nothing was lost on this page."); return; }
    const old = noteBefore(target);
    if (old && old.dataset.failed === sentence) return;
    if (old) old.remove();
    const note = make("div", "note bad");
    note.dataset.failed = sentence;
    note.setAttribute("role", "alert");
    const words = make("div");
    words.append(make("span", "b", loginUrl ? "You are logged out" : "This part could not be loaded"), make("p", "", sentence));
    const acts = make("div", "acts");
    const way = make(loginUrl ? "a" : "button", "btn sml", loginUrl ? "Log in" : "Try again");
    if (loginUrl) way.href = loginUrl;
    else {
      way.type = "button";
      way.addEventListener("click", () => {
        note.remove();
        window.htmx.ajax("GET", config.path, { source: source, target: target, swap: source.getAttribute("hx-swap") || "innerHTML" });
      });
    }
    acts.append(way);
    note.append(icon("off"), words, acts);
    target.before(note);
  }
  const LOGIN = "/accounts/login/";
  const loginHere = () => LOGIN + "?next=" + encodeURIComponent(location.pathname + location.search);
  const isLoginPage = (xhr) => xhr.responseURL && new URL(xhr.responseURL).pathname === LOGIN && location.pathname !== LOGIN;
  document.addEventListener("htmx:beforeSwap", (event) => {
    /* A session that ended answers with the log-in page; it must not land inside a panel. */
    if (isLoginPage(event.detail.xhr)) {
      event.detail.shouldSwap = false;
      failure(event, "What you typed is still here. Log in in another tab, then try again.", loginHere());
      return;
    }
    const note = event.detail.shouldSwap && noteBefore(event.detail.target);
    if (note) note.remove();
  });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401) failure(event, "What you typed is still here. Log in in another tab, then try again.", loginHere());
    else if (status === 403) failure(event, "Your role does not allow this. A product manager or an admin can change it.");
    else if (status === 404) failure(event, "It is not there any more.");
    else failure(event, "The server could not answer. The numbers are safe.");
  });
  ["htmx:sendError", "htmx:timeout"].forEach((name) =>
    document.addEventListener(name, (event) => failure(event, "The server could not be reached."))
  );
  const busy = (event, on) => {
    const target = event.detail.target;
    if (!target || !target.setAttribute) return;
    if (on) target.setAttribute("aria-busy", "true");
    else target.removeAttribute("aria-busy");
  };
  document.addEventListener("htmx:beforeRequest", (event) => busy(event, true));
  document.addEventListener("htmx:afterRequest", (event) => busy(event, false));
  document.addEventListener("htmx:afterSwap", (event) => {
    each(document, "[data-toast]", wireToast);
    const config = event.detail.requestConfig;
    if (config && config.verb !== "get") focusFirst(event.detail.target.isConnected ? event.detail.target : document);
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
