(function () {
  var body = document.body, up = body.getAttribute("data-up"), own = body.getAttribute("data-release");
  window.minhuCurrent = function (current) {
    if (current === own) { return; }
    var box = document.getElementById("newer"), a = box.querySelector("a");
    a.href = up + "../" + encodeURIComponent(current) + "/index.html"; a.textContent = current; box.hidden = false;
  };
  var input = document.getElementById("search"), list = document.getElementById("found"), names = null;
  function show() {
    var asked = input.value.trim().toLowerCase(), sound = asked.replace(/[\s']/g, "").replace(/([ln])v/g, "$1u"), box, shown = 0;
    list.textContent = "";
    if (!asked || !names) { return; }
    box = document.createElement("ul");
    for (var i = 0; i < names.length && shown < 12; i += 1) {
      if (names[i][0].toLowerCase().indexOf(asked) < 0 && names[i][2].indexOf(sound) < 0) { continue; }
      var item = document.createElement("li"), a = document.createElement("a");
      a.href = up + names[i][1] + (document.documentElement.lang === "en" ? "?en" : ""); a.textContent = names[i][0]; item.appendChild(a); box.appendChild(item); shown += 1;
    }
    if (!shown) { var none = document.createElement("li"); none.textContent = "无 · none"; box.appendChild(none); }
    list.appendChild(box);
  }
  window.minhuNames = function (found) { names = found; show(); };
  input.hidden = false;
  input.addEventListener("focus", function () {
    if (names || document.getElementById("names")) { return; }
    var s = document.createElement("script"); s.id = "names"; s.src = up + "names.js"; document.head.appendChild(s);
  });
  input.addEventListener("input", show);
  function links() { return Array.prototype.slice.call(list.querySelectorAll("a")); }
  input.parentNode.addEventListener("keydown", function (e) {
    var stops = [input].concat(links()), step = { ArrowDown: 1, ArrowUp: -1 }[e.key], next;
    if (e.key === "Escape") { input.value = ""; show(); input.focus(); return; }
    if (e.key === "Enter" && e.target === input && stops.length > 1) { stops[1].click(); return; }
    next = step && stops[stops.indexOf(e.target) + step];
    if (next) { e.preventDefault(); next.focus(); }
  });
})();
