/// A configuration with every kind of statement about translation, and with most of their options.
let completeConfiguration = """
  conformance rfc
  vrf definition RED
   description the red ones
   rd 65000:1
   address-family ipv4
   exit-address-family
  ip vrf BLUE
  ipv6 unicast-routing
  interface in0
   device tap t0
   ip address 10.0.0.1 255.255.255.0
   ipv6 address 2001:db8:a::1/64
   ipv6 nd ra suppress
   ip nat inside
   ip virtual-reassembly in max-reassemblies 100 max-fragments 8 timeout 5 drop-fragments
   ip tcp adjust-mss 1400
   no ip unreachables
  interface in1
   device tap t1
   vrf forwarding RED
   ip address 10.0.0.1 255.255.255.0
   ip nat inside
  interface in2
   device tap t2
   ip vrf forwarding BLUE
   ip address 10.0.0.1 255.255.255.0
  interface out0
   device tap t3
   ip address 203.0.113.1 255.255.255.0
   ipv6 address 2001:db8:b::1/64
   ip nat outside
  ip route 0.0.0.0 0.0.0.0 203.0.113.254
  ip route vrf RED 0.0.0.0 0.0.0.0 203.0.113.254 global
  ip route vrf RED 10.9.0.0 255.255.0.0 10.0.0.9
  ip nat route vrf BLUE 192.0.2.0 255.255.255.0 global
  ipv6 route ::/0 2001:db8:b::fe
  ipv6 route 2001:db8:c::/48 out0 fe80::1
  ipv6 route 2001:db8:d::/64 in0
  access-list 10 permit 10.0.0.0 0.0.0.255
  access-list 101 permit tcp 10.0.0.0 0.0.0.255 eq www 443 any range 1000 2000 established
  access-list 101 deny udp any neq domain 5 host 1.2.3.4 gt 1023 dscp ef
  access-list 101 permit icmp any any echo-reply
  access-list 101 permit icmp any any 3 200
  access-list 101 permit 47 any any precedence flash
  access-list 101 permit ip any any fragments
  access-list 101 permit tcp any any syn fin
  ip access-list extended EXT
   15 permit ip 10.0.0.0 0.0.0.255 any
   remark last
  ip access-list resequence EXT 100 5
  ipv6 access-list V6
   remark first
   permit udp any host 2001:db8:a::53 eq domain
   sequence 15 deny tcp 2001:db8:b::/64 eq 1024 any
   permit ipv6 2001:db8::/32 any sequence 40
   remark last
  ipv6 access-list V7
   deny ipv6 any any
  route-map RM permit 10
   description first
   match ip address 10 EXT
   match interface out0
   match ip next-hop 10
  route-map RM deny 20
  ip nat pool P prefix-length 24 add-route
   address 203.0.113.100 203.0.113.110
   exclude 203.0.113.105
   exclude 203.0.113.107 203.0.113.108
  ip nat pool ROT 10.0.0.50 10.0.0.60 prefix-length 24 type rotary
  ip nat pool OL 10.77.0.1 10.77.0.9 prefix-length 24
  ip nat inside source list 10 pool P overload
  ip nat inside source list 10 pool P vrf RED overload mapping address-dependent filtering address-and-port-dependent pooling arbitrary ports random
  ip nat inside source route-map RM interface out0 egress-interface out0 deterministic ports-per-host 512 reserved 100
  ip nat inside source static 10.0.0.5 203.0.113.5 vrf RED extendable no-alias
  ip nat inside source static 10.0.0.5 203.0.113.6
  ip nat inside source static network 10.0.0.128 198.51.100.0 /25 route-map RM reversible
  ip nat inside source static esp 10.0.0.5 interface out0
  ip nat inside source static tcp 10.0.0.5 80 203.0.113.5 80 egress-interface out0
  ip nat outside source list EXT pool OL add-route
  ip nat outside source static 192.0.2.9 10.77.1.9 add-route extendable
  ip nat outside source static tcp 192.0.2.9 80 10.77.1.9 8080 vrf RED
  ip nat outside source static network 192.0.3.0 10.78.0.0 255.255.255.0 no-payload
  ip nat inside destination list 10 pool ROT
  ip nat translation pptp-timeout 100
  ip nat translation syn-timeout 60
  ip nat translation port-timeout tcp 22 never
  ip nat translation max-entries all-host 10
  ip nat translation max-entries host 10.0.0.4 10
  ip nat translation max-entries vrf RED 100
  ip nat translation max-entries all-vrf 50
  ip nat translation max-entries list 10 5
  ip nat translation new-sessions-per-second 100
  ip nat settings pap limit 60 bpa set-size 128 step-size 4 single-set
  ip nat settings interface-overload block port tcp 5000
  ip nat settings interface-overload port range 2000 3000
  ip nat settings hold-down 30
  ip nat settings refusal prohibited
  ip nat settings unsolicited-syn 0
  ip nat settings pooling arbitrary
  no ip nat settings inbound-refresh
  ip nat service list 10 ftp tcp port 2021
  no ip nat service sip udp port 5060
  ip nat service H225
  ip nat service fullrange udp port 500
  ip nat service alg tcp dns
  ip nat service dns-v6 list V6
  ip nat service list 10 ESP spi-match
  ip nat create flow-entries
  ip nat log translations syslog bind-only
  ip nat log translations flow-export v9 udp destination 192.0.2.50 2055 source out0 bind-only

  """
