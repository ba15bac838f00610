(function () {
  var loaded = {}, form = document.getElementById("choose"), table = document.getElementById("compared");
  var kpi = document.getElementById("kpi"), a = document.getElementById("a"), b = document.getElementById("b");
  function text(value, share, sign) {
    if (value === null) { return ""; }
    var said = share ? (100 * value).toFixed(1) + (sign ? " pp" : " %") : (Math.round(value * 100) / 100).toLocaleString("en-US", { maximumFractionDigits: 2 });
    return ((sign && value > 0 ? "+" : "") + said).replace("-", "\u2212");
  }
  function bounds(low, high, share, sign) {
    return low === null || high === null ? "" : text(low, share, sign) + " \u2026 " + text(high, share, sign);
  }
  function add(row, said, kind) { var cell = document.createElement(kind); cell.textContent = said; if (kind === "td") { cell.className = "number"; } row.appendChild(cell); }
  function side(row, cell, share) {
    if (typeof cell === "string") { add(row, cell, "td"); add(row, "", "td"); return; }
    add(row, text(cell[0], share), "td"); add(row, bounds(cell[1], cell[2], share), "td");
  }
  function show() {
    var option = kpi.options[kpi.selectedIndex], data = loaded[option.getAttribute("data-id")], body = table.tBodies[0];
    body.textContent = "";
    if (!data) { return; }
    var one = data.cells[a.value] || {}, two = data.cells[b.value] || {};
    Object.keys(one).filter(function (day) { return day in two; }).sort().reverse().forEach(function (day) {
      var row = document.createElement("tr"), x = one[day], y = two[day];
      add(row, day, "th"); side(row, x, data.share); side(row, y, data.share);
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
  window.minhuCells = function (id, data) { loaded[id] = data; show(); };
  function load() {
    if (kpi.options[kpi.selectedIndex].getAttribute("data-id") in loaded) { show(); return; }
    var s = document.createElement("script"); s.src = "data/" + kpi.value + ".js"; document.head.appendChild(s);
  }
  form.hidden = false; kpi.addEventListener("change", load); a.addEventListener("change", show); b.addEventListener("change", show); load();
})();
