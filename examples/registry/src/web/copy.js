// Adds a button that copies the text of a new token. Without JavaScript, a person selects the text and copies it.
for (const output of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(output.textContent);
    button.textContent = "Copied";
  });
  output.after(" ", button);
}
