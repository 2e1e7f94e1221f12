/// Configurations in which something is wrong that upstream's xl goes on with, as real ones have it.
extension ConfigCorpus {
    /// Their names are `passed-over-N`.
    public static let passedOver: [CorpusCase] = passedOverLines.enumerated().map { index, lines in
        let head = ["name=\"passed-over\"", "uuid=\"6f1c2a4e-0b1d-4c3e-9f00-112233445566\"", "memory=64"]
        return CorpusCase(
            name: "passed-over-\(index)", key: "passed-over", guest: "",
            text: (head + lines).joined(separator: "\n") + "\n")
    }

    private static let passedOverLines: [[String]] = [
        [#"type="pv""#, #"kernel="/k""#, "vif=['brdige=xenbr1,mac=00:16:3e:01:02:03']"],
        [#"type="pv""#, #"kernel="/k""#, "vif=['mac=00:16:3e:01:02:03,xenbr1']"],
        [#"type="pv""#, #"kernel="/k""#, "vif=['type=netfront,mac=00:16:3e:01:02:03,bridge=xenbr1']"],
        [#"type="pv""#, #"kernel="/k""#, "vif=['mac= 00:16:3e:01:02:03,bridge=xenbr1']"],
        [#"type="pv""#, #"kernel="/k""#, "vif=['mac=00:16:3e:xx:xx:xx,bridge=xenbr1']"],
        [#"type="pv""#, #"kernel="/k""#, "vif=['mac=XX:XX:XX:XX:XX:XX,bridge=xenbr1']"],
        [#"type="pv""#, #"kernel="/k""#, "vif=['mac=,bridge=xenbr1']"],
        [#"type="pv""#, #"kernel="/k""#, "vif=['mac=00:16:3e:,bridge=xenbr1']"],
        [#"type="pv""#, #"kernel="/k""#, "vif=['mac=00.16.3e.01.02.03 # comment,bridge=xenbr1']"],
        [#"type="pv""#, #"kernel="/k""#, "vif=['mac=00:16:3e:01:02:103,bridge=xenbr1']"],
        [#"type="pv""#, #"kernel="/k""#, "vif=['bridge,trusted=1,mtu=1500x,devid=3 ']"],
        [#"type="hvm""#, "viridian='defaults'"],
        [#"type="hvm""#, "viridian='yes'"],
        [#"type="hvm""#, "acpi='yes'", "hpet='on'"],
        [#"type="hvm""#, "vcpus='two'"],
        [#"type="hvm""#, "hap=[1]", "kernel=['x']"],
        [#"type="pv""#, "extra=['a']", "kernel='/k'"],
        [#"type="pv""#, #"kernel="/k""#, "disk='/dev/vg/a,raw,xvda,rw'"],
        [#"type="pv""#, #"kernel="/k""#, "vif='bridge=xenbr0'"],
        [#"type="pv""#, #"kernel="/k""#, "memory='lots'"],
        [#"type="pv""#, #"kernel="/k""#, "vfb=['vnc=yes,sdl=1x,foo=1,vncdisplay=3b,type']"],
        [#"type="pv""#, #"kernel="/k""#, "vfb=['vnc=1,type,vnclisten=0.0.0.0']"],
        [#"type="hvm""#, "cpuid='host,tm=0,nosuch=1,sse3=yes,tm2'"],
        [#"type="hvm""#, "cpuid='tm=0'"],
        [#"type="hvm""#, "cpuid=['1:ecx=0,edx=x','x:eax=0','2,7','1:fcx=00000000000000000000000000000000']"],
        [#"type="pv""#, #"kernel="/k""#, "vtpm=['backend=a,word,uuid=11111111-2222-3333-4444-555555555555']"],
        [#"type="pv""#, #"kernel="/k""#, "p9=['tag=a,path=/x,security_model=none,word,backend=b']"],
        [#"type="pv""#, #"kernel="/k""#, "pvcalls=['backend=a,word']"],
        [#"type="pv""#, #"kernel="/k""#, "usbctrl=['type=pv,version=2.0,ports=x']"],
        [#"type="pv""#, #"kernel="/k""#, "channel=['connection=pty,name=a,foo=b']"],
        [#"type="hvm""#, "firmware='ue'"],
        [#"type="hvm""#, "ioports=['2f8x','3f8 ']"],
        [#"type="pv""#, #"kernel="/k""#, "cpus=['0',['1'],'0']", "vcpus=3"],
        [#"type="pv""#, #"kernel="/k""#, "vif=['mac=00:16:3e:01:02:03',['x'],'mac=00:16:3e:01:02:04']"],
        [
            #"type="pv""#, #"kernel="/k""#, "on_crash=['destroy']", "uuid=['x']",
            "uuid='6f1c2a4e-0b1d-4c3e-9f00-112233445566'",
        ],
        [#"type="pv""#, #"kernel="/k""#, "vcpus=2", "vcpus+=3"],
        [#"type="pv""#, #"kernel="/k""#, "memory=99999999999999999999"],
        [#"type="hvm""#, "bootloader_args=['a',['b'],'c']"],
        [#"type="pv""#, #"kernel="/k""#, "vkb=['backend-type=linux,feature-disable-keyboard=yes,width=8x']"],
        [#"type="pv""#, #"kernel="/k""#, "vdispl=['be-alloc=yes,connectors=a:1x1']"],
        [#"type="pv""#, #"kernel="/k""#, "vsnd=[['card,short-name=a,channels-min=x']]"],
        [#"type="hvm""#, "rdm='strategy=other'"],
        [#"type="hvm""#, "vnuma='x'"],
        [#"type="hvm""#, "serial=['a',['b']]"],
        [#"type="h""#],
        [#"type="p""#, #"kernel="/k""#],
        [#"type="""#],
        [#"builder="gen""#, #"kernel="/k""#],
        [#"type=["hvm"]"#, #"kernel="/k""#],
        [#"type="pvh""#, #"firmware="pvgrub""#],
    ]
}
