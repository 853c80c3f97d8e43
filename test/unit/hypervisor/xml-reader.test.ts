import assert from "node:assert/strict";
import { parseXml, type XmlElement } from "../../../hypervisor/domain/xml/parse";

type Plain = readonly [name: string, attributes: Readonly<Record<string, string>>, ...inside: unknown[]];

const plain = ({ name, attributes, children, text }: XmlElement): Plain => [
  name,
  attributes,
  ...(children.length > 0 ? children.map(plain) : [text]),
];

describe("reading XML", () => {
  it("passes over what is before, behind and between the elements", () => {
    const text = `\uFEFF<?xml version='1.0'?>\n<!-- <a> -->\n<a>\n <!-- </a> --> <b/>\n<?go <c>?></a >\n<!-- -->\n`;
    assert.deepEqual(plain(parseXml(text)), ["a", {}, ["b", {}, ""]]);
  });
  it("reads attributes in both kinds of quotes, and what is escaped in them", () => {
    const text = `<a b='1 > "0"' c = "it's &lt;&amp;&gt;&quot;&apos;&#65;&#x42;&#x1F600;"\n\td=''/>`;
    assert.deepEqual(plain(parseXml(text)), ["a", { b: '1 > "0"', c: "it's <&>\"'AB\u{1F600}", d: "" }, ""]);
  });
  it("joins the text of an element and of those inside it", () => {
    assert.equal(parseXml("<a> x &amp; <b>y</b><![CDATA[<c>&amp;]]> </a>").text, "x & y<c>&amp;");
  });
  it("tells namespaces by their scope and leaves prefixes out of names", () => {
    const root = parseXml(`<a xmlns='one' xmlns:p='two'><p:b p:c='1'/><d xmlns:p="three"><p:e/></d><f/></a>`);
    const [b, d, f] = root.children;
    assert.deepEqual(
      [root, b, d, d?.children[0], f].map((element) => [element?.name, element?.namespace]),
      [
        ["a", "one"],
        ["b", "two"],
        ["d", "one"],
        ["e", "three"],
        ["f", "one"],
      ],
    );
    assert.deepEqual(b?.attributes, { c: "1" });
  });
  it("says where an element stands", () => {
    const text = "<a>\u{1F600}<b c='>'>x</b><b/></a>";
    const places = parseXml(text).children.map(({ place }) => text.slice(place.from, place.to));
    assert.deepEqual(places, ["<b c='>'>x</b>", "<b/>"]);
  });
  for (const text of [
    "",
    "nothing",
    "<a>",
    "<a></b>",
    "<a/><b/>",
    "<a/>x",
    "</a>",
    "<a b/>",
    "<a b=c/>",
    "<a b='<'/>",
    "<a>&nbsp;</a>",
    "<a>& b</a>",
    "<a>&#0;</a>",
    "<a>&#xFFFFFFF;</a>",
    "<a><!-- </a>",
    "<![CDATA[x]]>",
    "<!DOCTYPE a><a/>",
    "<a",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseXml(text), /not an XML document: line 1/);
    });
  }
});
