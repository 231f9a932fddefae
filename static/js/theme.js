/* Runs before the first paint, so that what needs script is not drawn and then moved. */
document.documentElement.classList.remove("no-js");
