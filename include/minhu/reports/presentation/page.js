(function () {
  var zh = document.getElementById("choose-zh"), en = document.getElementById("choose-en"), key = "minhu-language";
  function apply() {
    document.documentElement.lang = en.checked ? "en" : "zh-CN";
    document.querySelectorAll("a[href*='.html']").forEach(function (a) { a.search = en.checked ? "?en" : ""; });
  }
  function keep() { try { localStorage.setItem(key, en.checked ? "en" : "zh"); } catch (e) { /* a page may not remember */ } apply(); }
  try { if (localStorage.getItem(key) === "en" || location.search === "?en") { en.checked = true; } } catch (e) { /* same */ }
  zh.addEventListener("change", keep); en.addEventListener("change", keep); apply();
  function unfold() { document.querySelectorAll("details").forEach(function (d) { d.open = true; }); }
  addEventListener("beforeprint", unfold);
  function reveal() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var folded = target && target.closest("details");
    if (folded) { folded.open = true; target.scrollIntoView({ block: "center" }); }
  }
  addEventListener("hashchange", reveal); reveal();
})();
