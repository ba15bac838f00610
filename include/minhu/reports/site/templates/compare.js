(function () {
  var loaded = {}, form = document.getElementById("choose"), table = document.getElementById("compared");
  var kpi = document.getElementById("kpi"), a = document.getElementById("a"), b = document.getElementById("b");
  function text(value, share, sign) {
    if (value === null) { return ""; }
    var said = share ? (100 * value).toFixed(1) + (sign ? " pp" : " %") : (Math.round(value * 100) / 100).toLocaleString("en-US", { maximumFractionDigits: 2 });
    return ((sign && value > 0 ? "+" : "") + said).replace("-", "\u2212");
  }
  function bounds(low, high, share, sign) {
    if (low === null || high === null) { return ""; }
    return text(low, share, sign).replace(/ (%|pp)$/, "") + (sign ? " \u2026 " : "\u2013") + text(high, share, sign);
  }
  function add(row, said, kind) { var cell = document.createElement(kind); cell.textContent = said; if (kind === "td") { cell.className = "number"; } row.appendChild(cell); }
  function addWords(row, names, kind, after) {
    add(row, "", kind);
    ["zh", "en"].forEach(function (language, i) {
      var said = document.createElement("span"); said.className = language; said.textContent = names[i] + after; row.lastChild.appendChild(said);
    });
  }
  function side(row, cell, share, marks) {
    if (typeof cell === "string") { addWords(row, marks[cell], "td", ""); add(row, "", "td"); return; }
    add(row, text(cell[0], share), "td"); add(row, bounds(cell[1], cell[2], share), "td");
  }
  function show() {
    var option = kpi.options[kpi.selectedIndex], data = loaded[option.getAttribute("data-id")], body = table.tBodies[0];
    body.textContent = "";
    if (!data) { return; }
    var one = data.cells[a.value] || {}, two = data.cells[b.value] || {};
    Object.keys(one).filter(function (day) { return day in two; }).sort().reverse().forEach(function (day) {
      var row = document.createElement("tr"), x = one[day], y = two[day];
      addWords(row, data.periods[day], "th", x[4] === 1 || y[4] === 1 ? " [p]" : "");
      side(row, x, data.share, data.marks); side(row, y, data.share, data.marks);
      if (typeof x === "string" || typeof y === "string") { add(row, "", "td"); add(row, "", "td"); } else {
        var d = x[0] - y[0], low = null, high = null;
        if (x[1] !== null && y[1] !== null) {
          low = d - Math.sqrt(Math.pow(x[0] - x[1], 2) + Math.pow(y[2] - y[0], 2));
          high = d + Math.sqrt(Math.pow(x[2] - x[0], 2) + Math.pow(y[0] - y[1], 2));
        }
        add(row, text(d, data.share, true), "td"); add(row, bounds(low, high, data.share, true), "td");
      }
      body.appendChild(row);
    });
    table.hidden = false;
  }
  function load() {
    var option = kpi.options[kpi.selectedIndex], save = document.getElementById("save");
    save.setAttribute("data-id", option.getAttribute("data-id")); save.setAttribute("data-file", kpi.value);
    minhuLoad(option.getAttribute("data-id"), kpi.value, function (data) { loaded[option.getAttribute("data-id")] = data; show(); });
  }
  form.hidden = false; kpi.addEventListener("change", load); a.addEventListener("change", show); b.addEventListener("change", show); load();
})();
